import { GoogleError, type GoogleStatus } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { countPartTokens, type Part, type ResponseChunk } from '../wire/response.ts';
import type { Answer, AnswerPiece } from './answer.ts';
import { wholeCall } from './function-calls.ts';
import { type Pace, textPieces } from './pace.ts';

/** When a scripted reply is used. Everything that is given must hold; nothing given: always. */
export interface ScriptMatch {
  /** The model's name; a text must equal it. */
  readonly model?: string | RegExp | undefined;
  /** The last prompt; a text must be part of it. */
  readonly text?: string | RegExp | undefined;
  /** Which turn of the user this is, from 1. Answers of functions count as turns. */
  readonly turn?: number | undefined;
  /** The last turn answers this function. */
  readonly functionResponse?: string | undefined;
}

/** What is answered where the match holds. */
export interface ScriptedAnswer {
  /** The text of the answer. A list: one chunk each. */
  readonly text?: string | readonly string[] | undefined;
  /** Thoughts before it. A list: one chunk each. */
  readonly thoughts?: string | readonly string[] | undefined;
  readonly functionCalls?:
    | readonly { readonly id?: string; readonly name: string; readonly args?: JsonObject }[]
    | undefined;
  /** More parts, one chunk each, after the text. */
  readonly parts?: readonly Part[] | undefined;
  /** @defaultValue 'STOP' */
  readonly finishReason?: string | undefined;
  /** The prompt counts as blocked for this reason: no candidates. */
  readonly blockReason?: string | undefined;
  /** An error instead of an answer. */
  readonly error?:
    | { readonly status: GoogleStatus; readonly message: string; readonly details?: readonly JsonObject[] }
    | undefined;
  /** Whole chunks, sent as they stand; nothing is added. Nothing else of the reply is used then. */
  readonly chunks?: readonly ResponseChunk[] | undefined;
}

/** One reply of a script: the first whose match holds and that is not used up is taken. */
export interface ScriptedReply {
  readonly match?: ScriptMatch | undefined;
  readonly reply: ScriptedAnswer;
  /** How often it may be used. @defaultValue without limit */
  readonly times?: number | undefined;
}

/** A script with the count of each reply's uses. */
export interface Script {
  /** The reply for a request, which counts as used then. */
  take(model: string, request: GenerateRequest): ScriptedAnswer | undefined;
  /** Makes every reply unused. */
  rewind(): void;
}

/** A script at its beginning. Throws a `TypeError` for a reply without `reply`. */
export function createScript(replies: readonly ScriptedReply[]): Script {
  for (const [index, entry] of replies.entries()) {
    if (typeof entry.reply !== 'object')
      throw new TypeError(`script[${index}].reply: expected an object, got ${typeof entry.reply}`);
  }
  const uses = new Map<ScriptedReply, number>();
  return {
    take(model, request) {
      const found = replies.find(
        (entry) => (uses.get(entry) ?? 0) < (entry.times ?? Infinity) && holds(entry.match, model, request),
      );
      if (found !== undefined) uses.set(found, (uses.get(found) ?? 0) + 1);
      return found?.reply;
    },
    rewind: () => uses.clear(),
  };
}

function holds(match: ScriptMatch | undefined, model: string, request: GenerateRequest): boolean {
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

/** The answer that a scripted reply describes. Throws a `GoogleError` where it describes an error. */
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
 * A script from JSON: a list of replies, in which a match of the form `/pattern/flags` is a regular expression.
 * Throws a `TypeError` for what is none.
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
      throw new TypeError(`script[${index}].match: ${pattern[0]} is no regular expression`, { cause });
    }
  };
  return { ...match, model: readPattern(match['model']), text: readPattern(match['text']) } as ScriptMatch;
}
