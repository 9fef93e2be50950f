import { isRecord } from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import { AnthropicWire } from './anthropic-wire.ts';
import { OpenAiChatWire } from './openai-chat-wire.ts';
import { OpenAiResponsesWire } from './openai-responses-wire.ts';
import {
  type Completeness,
  type OutgoingEvent,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';

/**
 * Any event stream whose request does not say which API it is. Its first event may: then the rules of that API count.
 * For all others an end is what HTTP says it is, unless the body ended inside an event.
 */
export class OtherWire implements Wire {
  readonly foreignBody = 'bytes';
  readonly keepsRetry = true;
  #known: Wire | undefined;
  #hasBegun: boolean;

  constructor({ recognises }: { readonly recognises: boolean }) {
    this.#hasBegun = !recognises;
  }

  read(event: WireEvent): OutgoingEvent | undefined {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#known = wireOfEvent(event);
    }
    if (this.#known !== undefined) return this.#known.read(event);
    return { data: event.data, name: event.event, id: event.id };
  }

  passes(run: EventRun): boolean {
    return this.#hasBegun && this.#known?.passes(run) !== false;
  }

  get failure(): WireFailure | undefined {
    return this.#known?.failure;
  }

  get usage(): unknown {
    return this.#known?.usage;
  }

  readText(text: string): OutgoingEvent | undefined {
    return this.#known?.readText(text);
  }

  judge(isInsideEvent: boolean): Completeness {
    if (this.#known !== undefined) return this.#known.judge(isInsideEvent);
    return isInsideEvent ? 'cut' : 'unknown';
  }
}

/** Returns the rules of the API that writes such a first event. */
function wireOfEvent({ data, event }: WireEvent): Wire | undefined {
  const payload = parseJson(data);
  if (!isRecord(payload)) return undefined;
  const { type, object } = payload;
  if (object === 'chat.completion.chunk') return new OpenAiChatWire();
  if (type === 'response.created') return new OpenAiResponsesWire();
  return type === 'message_start' && event === 'message_start' ? new AnthropicWire() : undefined;
}
