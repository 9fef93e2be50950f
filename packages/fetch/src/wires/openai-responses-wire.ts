import { isRecord } from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import { foreignFailure, unknownFailure } from './foreign-failure.ts';
import {
  type Completeness,
  isDone,
  mentions,
  namedError,
  type OutgoingEvent,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';

const decisive = /"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed|cancelled)|error)"|^\s*\{\s*"error"/;

/** The Responses API of OpenAI. A stream is whole after `response.completed`, `response.incomplete` or `response.failed`. */
export class OpenAiResponsesWire implements Wire {
  readonly foreignBody = 'none';
  failure: WireFailure | undefined;
  #isDone = false;
  #lastData: string | undefined;

  read({ data, event: name }: WireEvent): OutgoingEvent | undefined {
    if (isDone(data)) this.#isDone = true;
    else if (name === 'error' || mentions(decisive, data)) this.#note(data, name);
    return { data, name };
  }

  passes({ binaryText }: EventRun): boolean {
    return !mentions(decisive, binaryText) && !binaryText.includes('"error"') && !namedError.test(binaryText);
  }

  get usage(): unknown {
    const last = this.#lastData === undefined ? undefined : parseJson(this.#lastData);
    return isRecord(last) && isRecord(last['response']) ? last['response']['usage'] : undefined;
  }

  readText(text: string): OutgoingEvent | undefined {
    this.failure = foreignFailure(text);
    return this.failure?.event;
  }

  judge(isInsideEvent: boolean): Completeness {
    return this.#isDone && !isInsideEvent ? 'whole' : 'cut';
  }

  #note(data: string, name: string | undefined): void {
    const event = parseJson(data);
    const type = isRecord(event) ? event['type'] : undefined;
    const isError =
      name === 'error' || type === 'error' || (isRecord(event) && type === undefined && isRecord(event['error']));
    if (isError) this.failure = { ...(foreignFailure(data) ?? unknownFailure), event: { data, name } };
    else if (typeof type === 'string' && decisive.test(`"type":"${type}"`)) {
      this.#isDone = true;
      this.#lastData = data;
    }
  }
}
