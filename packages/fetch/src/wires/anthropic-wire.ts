import { isRecord } from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import { foreignFailure, unknownFailure } from './foreign-failure.ts';
import {
  type Completeness,
  mentions,
  namedError,
  type OutgoingEvent,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';

const decisive = /"type"\s*:\s*"(?:message_start|message_delta|message_stop|error)"/;

/** Messages of Anthropic. A stream is whole after `message_stop`, or a `message_delta` with a `stop_reason`. */
export class AnthropicWire implements Wire {
  readonly foreignBody = 'none';
  failure: WireFailure | undefined;
  usage: Record<string, unknown> | undefined;
  #isStopped = false;

  read({ data, event: name }: WireEvent): OutgoingEvent | undefined {
    if (name === 'error' || mentions(decisive, data)) this.#note(data, name);
    return { data, name };
  }

  passes({ binaryText }: EventRun): boolean {
    return !mentions(decisive, binaryText) && !namedError.test(binaryText);
  }

  /** The SDK looks only at events that are named `error`. */
  readText(text: string): OutgoingEvent | undefined {
    const failure = foreignFailure(text);
    this.failure = failure && { ...failure, event: { ...failure.event, name: 'error' } };
    return this.failure?.event;
  }

  judge(isInsideEvent: boolean): Completeness {
    return this.#isStopped && !isInsideEvent ? 'whole' : 'cut';
  }

  #note(data: string, name: string | undefined): void {
    const event = parseJson(data);
    const type = isRecord(event) ? event['type'] : undefined;
    if (name === 'error' || type === 'error') {
      this.failure = { ...(foreignFailure(data) ?? unknownFailure), event: { data, name } };
    }
    if (!isRecord(event)) return;
    const { message, delta, usage } = event;
    // The counts of the prompt come with the start, those of the answer with its end.
    const counts = type === 'message_start' && isRecord(message) ? message['usage'] : usage;
    if (isRecord(counts)) this.usage = { ...this.usage, ...counts };
    if (type === 'message_stop') this.#isStopped = true;
    if (type === 'message_delta' && isRecord(delta) && typeof delta['stop_reason'] === 'string') this.#isStopped = true;
  }
}
