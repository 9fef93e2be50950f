import { refuseUnknown } from '@gemini/http-streaming';
import type { StreamEnd } from '@gemini/stream-manager';
import { isDiscard } from '../answer/discard.ts';
import { outcomeOfEnd } from '../answer/outcome.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { UsageMetadata } from '../wire/types.ts';

/**
 * Events that are served to a page only if they are named. `thoughts`: the model's thinking. `calls`: function calls with
 * their arguments, of the server's own tools too. `results`: their results. `usage`: token counts. `grounding`:
 * sources. `media`: images, other files and transcriptions. `code`: executed code and its results. `attempts`: requests,
 * retries, resumes, other models, their status, and rounds. `parts`: parts without an event of their own. `chunks`: raw
 * response chunks, for streams with `rawChunks`.
 */
export type ServedEvents =
  | 'thoughts'
  | 'calls'
  | 'results'
  | 'usage'
  | 'grounding'
  | 'media'
  | 'code'
  | 'attempts'
  | 'parts'
  | 'chunks';

/** The data of the last frame, `event: end`. It has no text, no message and no key. */
export interface ServedEnd {
  readonly status: StreamOutcome['status'];
  readonly finishReason?: string | undefined;
  readonly blockReason?: string | undefined;
  readonly usage?: UsageMetadata | undefined;
  /** The error of a failed, truncated or stopped answer. */
  readonly error?: { readonly code: string; readonly status?: number | undefined } | undefined;
}

type EventType = StoredStreamEvent['type'];

const types: Readonly<Record<ServedEvents, readonly EventType[]>> = {
  thoughts: ['thought-delta'],
  calls: ['function-call-start', 'function-call-delta', 'function-call-end', 'tool-call', 'server-tool-call'],
  results: ['tool-result', 'server-tool-result'],
  usage: ['usage'],
  grounding: ['grounding'],
  media: ['inline-data', 'file', 'transcription'],
  code: ['executable-code', 'code-result'],
  attempts: ['start', 'retry', 'resume', 'fallback', 'round', 'model-status'],
  parts: ['part'],
  chunks: ['chunk'],
};

type Encode = (event: StoredStreamEvent) => string | undefined;

// One function for each choice: readers of a stream with the same one share its encoded frames.
const encoders = new Map<string, Encode>();

/**
 * Returns the encoder of the events that a page gets: text and discards, and the named kinds.
 * @throws TypeError for an unknown kind, with a suggestion
 */
export function servedEncoder(include: readonly ServedEvents[] = []): Encode {
  const isList: boolean = Array.isArray(include);
  if (!isList) throw new TypeError(`include: expected an array of names, got ${typeof include}`);
  refuseUnknown('include.', Object.fromEntries(include.map((name) => [name, true])), Object.keys(types));
  const key = include.toSorted().join();
  let encode = encoders.get(key);
  if (encode === undefined) {
    const served = new Set<EventType>(['text-delta', ...include.flatMap((name) => types[name])]);
    encode = (event) => encodeServed(event, served);
    encoders.set(key, encode);
  }
  return encode;
}

function encodeServed(event: StoredStreamEvent, served: ReadonlySet<EventType>): string | undefined {
  // A page that shows text must drop it, whatever else it gets.
  if (isDiscard(event) && !served.has(event.type)) return JSON.stringify({ type: 'discard' });
  if (!served.has(event.type)) return undefined;
  // Signatures are for the API alone, and longer than the text beside them.
  return JSON.stringify('thoughtSignature' in event ? { ...event, thoughtSignature: undefined } : event);
}

/** Returns the data of the last frame. */
export function encodeServedEnd(end: StreamEnd<StreamOutcome>): string {
  const { status, finishReason, blockReason, usage, error } = outcomeOfEnd(end);
  const facts = error && { code: error.code, status: error.status };
  return JSON.stringify({ status, finishReason, blockReason, usage, error: facts } satisfies ServedEnd);
}

/** Returns the text of an event of the first candidate. */
export function answerText(event: GeminiStreamEvent): string | undefined {
  // A text may be empty beside a signature.
  return event.type === 'text-delta' && event.candidate === 0 && event.text !== '' ? event.text : undefined;
}
