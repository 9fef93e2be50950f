import { GoogleError, type GoogleStatus } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { countPartTokens, type Part, type ResponseChunk } from '../wire/response.ts';
import type { Answer, AnswerPiece } from './answer.ts';
import { wholeCall } from './function-calls.ts';
import { type Pace, textPieces } from './pace.ts';

/** The requests that a scripted reply answers: those that match all given fields, or all requests without fields. */
export interface ScriptMatch {
  /** The name of the model: an exact string or a regular expression. */
  readonly model?: string | RegExp | undefined;
  /** The last prompt: a string that it contains, or a regular expression. */
  readonly text?: string | RegExp | undefined;
  /** The number of the user's turn, from 1. Results of functions count as turns. */
  readonly turn?: number | undefined;
  /** The function whose result is in the last turn. */
  readonly functionResponse?: string | undefined;
}

/** The answer to a request that matches. */
export interface ScriptedAnswer {
  /** The text of the answer. A list gives one chunk per item. */
  readonly text?: string | readonly string[] | undefined;
  /** The thoughts before the text. A list gives one chunk per item. */
  readonly thoughts?: string | readonly string[] | undefined;
  readonly functionCalls?:
    | readonly { readonly id?: string; readonly name: string; readonly args?: JsonObject }[]
    | undefined;
  /** More parts after the text, one chunk per part. */
  readonly parts?: readonly Part[] | undefined;
  /** @defaultValue 'STOP' */
  readonly finishReason?: string | undefined;
  /** The reason for blocking the prompt. The answer then has no candidates. */
  readonly blockReason?: string | undefined;
  /** An error instead of an answer. */
  readonly error?:
    | { readonly status: GoogleStatus; readonly message: string; readonly details?: readonly JsonObject[] }
    | undefined;
  /**
   * The steps of an interaction, each whole: texts and arguments are sent in several deltas. All other fields of the reply
   * are ignored. Interactions API only.
   */
  readonly steps?: readonly JsonObject[] | undefined;
  /**
   * The events of an interaction, for example of a recorded stream. Those of its steps are sent unchanged, and those of the
   * interaction with an id of this server. All other fields of the reply are ignored. Interactions API only.
   */
  readonly events?: readonly JsonObject[] | undefined;
  /** Complete chunks, sent unchanged. All other fields of the reply are ignored. */
  readonly chunks?: readonly ResponseChunk[] | undefined;
}

/** One reply of a script. The first matching reply that is not used up answers the request. */
export interface ScriptedReply {
  readonly match?: ScriptMatch | undefined;
  readonly reply: ScriptedAnswer;
  /** The number of requests that it may answer. @defaultValue Infinity */
  readonly times?: number | undefined;
}

/**
 * Returns the reply to requests whose last prompt contains or matches `when`, or that match it. `reply` is a text, the
 * texts of the chunks, or an answer.
 * @throws TypeError for another type
 */
export function readReply(
  when: string | RegExp | ScriptMatch,
  reply: string | readonly string[] | ScriptedAnswer,
  times?: number,
): ScriptedReply {
  if (typeof when !== 'string' && !isJsonObject(when)) {
    throw new TypeError(`answer: expected a text, a regular expression or a match, got ${typeof when}`);
  }
  if (typeof reply !== 'string' && !Array.isArray(reply) && !isJsonObject(reply)) {
    throw new TypeError(`answer: expected a text, a list of texts or an answer, got ${typeof reply}`);
  }
  if (times !== undefined && !(times > 0)) throw new TypeError(`answer: expected times above 0, got ${String(times)}`);
  const match = typeof when === 'string' || when instanceof RegExp ? { text: when } : (when as ScriptMatch);
  const answer = typeof reply === 'string' || Array.isArray(reply) ? { text: reply } : reply;
  return { match, reply: answer, times };
}

/** A script that counts the uses of each reply. */
export class Script {
  readonly #replies: readonly ScriptedReply[];
  /** The replies that were added while the emulator runs, the last one first. */
  readonly #added: ScriptedReply[] = [];
  readonly #uses = new Map<ScriptedReply, number>();

  /** @throws TypeError if an entry has no reply */
  constructor(replies: readonly ScriptedReply[]) {
    for (const [index, entry] of replies.entries()) {
      if (typeof entry.reply !== 'object')
        throw new TypeError(`script[${index}].reply: expected an object, got ${typeof entry.reply}`);
    }
    this.#replies = replies;
  }

  /** Returns the first reply that matches the request and is not used up, and counts it as used. */
  take(model: string, request: GenerateRequest): ScriptedAnswer | undefined {
    const found = [...this.#added, ...this.#replies].find(
      (entry) => this.#usesOf(entry) < (entry.times ?? Infinity) && matches(entry.match, model, request),
    );
    if (found !== undefined) this.#uses.set(found, this.#usesOf(found) + 1);
    return found?.reply;
  }

  /** Adds a reply, which is tried before all others until the script is rewound. */
  add(entry: ScriptedReply): void {
    this.#added.unshift(entry);
  }

  /** Resets the uses of every reply, and removes those that were added. */
  rewind(): void {
    this.#added.length = 0;
    this.#uses.clear();
  }

  #usesOf(entry: ScriptedReply): number {
    return this.#uses.get(entry) ?? 0;
  }
}

function matches(match: ScriptMatch | undefined, model: string, request: GenerateRequest): boolean {
  if (match === undefined) return true;
  const turns = request.contents.filter((content) => content.role !== 'model');
  const last = turns.at(-1)?.parts ?? [];
  const responds = (part: Part): boolean =>
    (part['functionResponse'] as JsonObject | undefined)?.['name'] === match.functionResponse;
  return (
    (match.model === undefined ||
      (typeof match.model === 'string' ? match.model === model : match.model.test(model))) &&
    (match.text === undefined || includesText(match.text, promptOf(request))) &&
    (match.turn === undefined || match.turn === turns.length) &&
    (match.functionResponse === undefined || last.some(responds))
  );
}

function includesText(expected: string | RegExp, prompt: string): boolean {
  return typeof expected === 'string' ? prompt.includes(expected) : prompt.search(expected) >= 0;
}

/**
 * Returns the answer that a scripted reply describes.
 * @throws GoogleError if it describes an error
 */
export function answerFromScript(scripted: ScriptedAnswer, pace: Pace, random: Random): Answer {
  const { error, blockReason, text, thoughts, functionCalls = [], parts = [], finishReason = 'STOP' } = scripted;
  if (error !== undefined) throw new GoogleError(error.status, error.message, error.details);
  if (blockReason !== undefined) return { candidates: [], promptFeedback: { blockReason } };
  const piece = (part: Part): AnswerPiece => ({ parts: [part], tokens: countPartTokens(part) });
  const cut = (value: string | readonly string[] | undefined): readonly AnswerPiece[] => {
    if (value === undefined) return [];
    return typeof value === 'string' ? textPieces(value, pace, random) : value.map((chunk) => piece({ text: chunk }));
  };
  const thought = cut(thoughts).map((own) => ({
    ...own,
    parts: own.parts.map((part) => ({ ...part, thought: true })),
  }));
  const calls = functionCalls.map((call) => wholeCall({ ...call, args: call.args ?? {} }, undefined));
  return { candidates: [{ pieces: [...thought, ...cut(text), ...parts.map(piece), ...calls], finishReason }] };
}

/**
 * Reads a script from JSON: a list of replies. A match of the form `/pattern/flags` is a regular expression.
 * @throws TypeError if it is not a script
 */
export function scriptFromJson(value: unknown): readonly ScriptedReply[] {
  if (!Array.isArray(value)) throw new TypeError('script: expected a list of replies');
  return value.map((entry: unknown, index) => {
    if (!isJsonObject(entry) || !isJsonObject(entry['reply'])) {
      throw new TypeError(`script[${index}]: expected an object with a reply`);
    }
    const { match, ...rest } = entry;
    return { ...rest, ...(isJsonObject(match) ? { match: readMatch(match, index) } : {}) } as unknown as ScriptedReply;
  });
}

function readMatch(match: JsonObject, index: number): ScriptMatch {
  const readPattern = (value: JsonValue | undefined): JsonValue | RegExp | undefined => {
    const pattern = typeof value === 'string' ? /^\/(.+)\/([a-z]*)$/su.exec(value) : null;
    if (pattern === null) return value;
    try {
      return new RegExp(pattern[1] ?? '', pattern[2]);
    } catch (cause) {
      throw new TypeError(`script[${index}].match: ${pattern[0]} is not a regular expression`, { cause });
    }
  };
  return { ...match, model: readPattern(match['model']), text: readPattern(match['text']) } as ScriptMatch;
}
