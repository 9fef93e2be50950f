import {
  type Candidate,
  eventError,
  GeminiError,
  googleRpcError,
  isRecord,
  judgeAnswer,
  parseGoogleRpcError,
  presentText,
  type PromptFeedback,
} from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import { geminiFailure } from './gemini-failure.ts';
import {
  type Completeness,
  isDone,
  mayHideNames,
  type OutgoingEvent,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';

/**
 * The ends of `finishReason`, `blockReason` and `continuationToken`: the fields that decide an end. Most chunks have none of
 * them, and parsing those too would cost more than all the rest of this layer. A search for a rare first letter is the
 * fastest that there is.
 */
const decisiveEnds = ['Reason"', 'Token"'] as const;

const quote = 0x22;

const usageName = '"usageMetadata"';

/** The beginning of a chunk with an answer, which is never an error. There may be spaces around the names. */
const answerStart = Buffer.from('{"candidates":[{"content":');

/** As much of a chunk as is looked at for it: room for an indented form. */
const answerStartLength = 100;

/** More candidates than the API can be asked for. Past it: `invalid-chunk`. */
const maxCandidates = 256;

/**
 * `generateContent` as a stream, of the Developer API or Vertex AI. The client's rules decide: an answer is whole if every
 * candidate has a finish reason, or the prompt was blocked. A hop that ends with `CONTINUATION` is whole too: the SDK
 * sends the next one.
 */
export class GeminiWire implements Wire {
  readonly foreignBody = 'events';
  /** The request may ask for several answers: then each chunk is parsed, to tell them apart. */
  readonly #mayHaveSeveral: boolean;
  failure: WireFailure | undefined;
  /** The last event with token counts, or the run that has it. It is parsed when they are asked for. */
  #usageData: string | EventRun | undefined;
  #index = 0;
  readonly #candidates = new Map<number, Candidate>();
  #promptFeedback: PromptFeedback | undefined;
  /** Content since the last continuation token; `undefined` without a token. */
  #hasContentSinceToken: boolean | undefined;

  constructor({ mayHaveSeveral }: { readonly mayHaveSeveral: boolean }) {
    this.#mayHaveSeveral = mayHaveSeveral;
  }

  read({ data, event }: WireEvent): OutgoingEvent | undefined {
    const index = this.#index;
    this.#index += 1;
    if (data === '' || isDone(data)) return undefined;
    if (data.includes(usageName)) this.#usageData = data;
    if (event === undefined && this.#isPlain(data)) {
      this.#noteContent();
      return { data };
    }
    if (event === 'error') return this.#fail(eventError(data, {}), data);
    const payload = parseJson(data);
    if (payload === undefined) {
      // An event with a name of its own, such as `ping`, is not a chunk.
      if (event !== undefined && event !== 'message' && !/^\s*[[{"]/.test(data)) return undefined;
      throw new GeminiError('invalid-chunk', `event ${index} (${data.length} characters) is not valid JSON`);
    }
    const error = googleRpcError(payload);
    if (error !== undefined) return this.#fail(error, data);
    if (isRecord(payload)) this.#note(payload, index);
    // A line feed between the values of JSON is a space; several `data:` lines are lost on one SDK.
    return { data: data.includes('\n') ? data.replaceAll('\n', ' ') : data };
  }

  passes(run: EventRun): boolean {
    const { bytes, bounds, eventsCount, isNamed } = run;
    if (isNamed || !this.#isUndecided(run)) return false;
    for (let index = 0; index < eventsCount; index += 1) {
      if (!isAnswer(bytes, (bounds[index] ?? 0) + 'data:'.length)) return false;
    }
    this.#index += eventsCount;
    this.#noteContent();
    if (run.includes(usageName)) this.#usageData = run;
    return true;
  }

  get usage(): unknown {
    const data = this.#usageData;
    if (typeof data !== 'object') return data === undefined ? undefined : usageIn(data);
    const at = data.binaryText.lastIndexOf(usageName);
    return usageIn(data.eventAt(data.bounds.findIndex((bound) => bound > at) - 1).data);
  }

  readText(text: string): OutgoingEvent | undefined {
    const error = parseGoogleRpcError(text);
    return error && this.#fail(error, text);
  }

  /**
   * `@google/genai` resumes from a continuation token after any failure, also if content came after the token: that
   * content would come twice. Feedback without a reason says nothing, and keeps it from resuming.
   */
  lastWords(): OutgoingEvent | undefined {
    return this.#hasContentSinceToken === true ? { data: '{"promptFeedback":{}}' } : undefined;
  }

  judge(isInsideEvent: boolean): Completeness {
    const response = { candidates: [...this.#candidates.values()], promptFeedback: this.#promptFeedback };
    const { isWhole, isHandover } = judgeAnswer(response, { error: undefined, isInsideEvent });
    return isWhole || (isHandover && !isInsideEvent) ? 'whole' : 'cut';
  }

  /** Whether a chunk has content of the first candidate, and nothing that decides an end. */
  #isPlain(data: string): boolean {
    return (
      isAnswer(Buffer.from(data.slice(0, answerStartLength)), 0) &&
      data.endsWith('}') &&
      !data.includes('\n') &&
      this.#isUndecided(data)
    );
  }

  /** Whether chunks have nothing that decides an end. */
  #isUndecided(json: string | EventRun): boolean {
    if (this.#mayHaveSeveral || this.#hasContentSinceToken === false) return false;
    return !json.includes(decisiveEnds[0]) && !json.includes(decisiveEnds[1]) && !mayHideNames(json);
  }

  #noteContent(): void {
    if (this.#candidates.size === 0) this.#candidates.set(0, { index: 0 });
  }

  #fail(error: GeminiError, text: string): OutgoingEvent {
    this.failure = geminiFailure(error, text);
    return this.failure.event;
  }

  #note(chunk: Record<string, unknown>, index: number): void {
    const { candidates, promptFeedback } = chunk;
    if (isRecord(promptFeedback)) {
      const blockReason = presentText(promptFeedback['blockReason']);
      if (blockReason !== undefined) this.#promptFeedback = { blockReason };
    }
    if (!Array.isArray(candidates)) return;
    for (const candidate of candidates as readonly unknown[]) {
      if (!isRecord(candidate)) continue;
      const at = typeof candidate['index'] === 'number' ? candidate['index'] : 0;
      const finishReason = presentText(candidate['finishReason']);
      if (presentText(candidate['continuationToken']) !== undefined) this.#hasContentSinceToken = false;
      else if (this.#hasContentSinceToken === false) this.#hasContentSinceToken = hasParts(candidate['content']);
      const known = this.#candidates.get(at);
      if (known === undefined) {
        if (this.#candidates.size >= maxCandidates) {
          throw new GeminiError('invalid-chunk', `event ${index}: expected at most ${maxCandidates} candidates`);
        }
        this.#candidates.set(at, { index: at, finishReason });
      } else if (finishReason !== undefined) known.finishReason = finishReason;
    }
  }
}

function isAnswer(json: Uint8Array, start: number): boolean {
  let at = start;
  let isInsideName = false;
  for (let index = 0; index < answerStart.length; index += 1, at += 1) {
    const byte = answerStart[index];
    if (!isInsideName) while (isSpace(json[at])) at += 1;
    if (json[at] !== byte) return false;
    if (byte === quote) isInsideName = !isInsideName;
  }
  return true;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function usageIn(data: string): unknown {
  const chunk = parseJson(data);
  return isRecord(chunk) ? chunk['usageMetadata'] : undefined;
}

function hasParts(content: unknown): boolean {
  return isRecord(content) && Array.isArray(content['parts']) && content['parts'].length > 0;
}
