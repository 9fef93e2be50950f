import { isRecord } from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import { foreignFailure, unknownFailure } from './foreign-failure.ts';
import {
  type Completeness,
  isDone,
  mentions,
  type OutgoingEvent,
  namedError,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';

// What decides an end is rare: the other events are handed on unread.
const decisive = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"index"\s*:\s*[1-9]|"error"/;

/** More choices than the API can be asked for. Past it the choices are not told apart, and only `[DONE]` counts. */
const maxChoices = 256;

/**
 * Chat completions of OpenAI, of the many servers that speak the same, and of Gemini's compatible endpoint. A stream is
 * whole after `[DONE]`, or if every choice has a `finish_reason`.
 */
export class OpenAiChatWire implements Wire {
  readonly foreignBody = 'none';
  failure: WireFailure | undefined;
  #hasBegun = false;
  #isDone = false;
  #usageData: string | undefined;
  /** Whether the choice of an index has a finish reason. */
  readonly #choices = new Map<number, boolean>();

  read({ data, event: name }: WireEvent): OutgoingEvent | undefined {
    const handedOn = { data, name };
    if (isDone(data)) this.#isDone = true;
    else if (!this.#hasBegun || name === 'error' || mentions(decisive, data)) this.#note(data, name);
    return handedOn;
  }

  passes({ binaryText }: EventRun): boolean {
    return this.#hasBegun && !mentions(decisive, binaryText) && !namedError.test(binaryText);
  }

  get usage(): unknown {
    const chunk = this.#usageData === undefined ? undefined : parseJson(this.#usageData);
    return isRecord(chunk) ? chunk['usage'] : undefined;
  }

  readText(text: string): OutgoingEvent | undefined {
    this.failure = foreignFailure(text);
    return this.failure?.event;
  }

  judge(isInsideEvent: boolean): Completeness {
    if (this.#isDone) return 'whole';
    const isFinished = this.#choices.size > 0 && [...this.#choices.values()].every(Boolean);
    return isFinished && !isInsideEvent ? 'whole' : 'cut';
  }

  #note(data: string, name: string | undefined): void {
    const chunk = parseJson(data);
    if (name === 'error' || (isRecord(chunk) && isTruthy(chunk['error']))) {
      this.failure = { ...(foreignFailure(data) ?? unknownFailure), event: { data, name } };
      return;
    }
    if (!isRecord(chunk)) return;
    this.#hasBegun = true;
    if (isRecord(chunk['usage'])) this.#usageData = data;
    const { choices } = chunk;
    for (const choice of Array.isArray(choices) ? (choices as readonly unknown[]) : []) {
      if (!isRecord(choice)) continue;
      const at = typeof choice['index'] === 'number' ? choice['index'] : 0;
      const isFinished = isTruthy(choice['finish_reason']) || this.#choices.get(at) === true;
      if (this.#choices.size < maxChoices || this.#choices.has(at)) this.#choices.set(at, isFinished);
    }
    // A first event with filter results alone names no choice.
    if (this.#choices.size === 0) this.#hasBegun = false;
  }
}

function isTruthy(value: unknown): boolean {
  return Boolean(value);
}
