import type { StreamOutcome } from './outcome.ts';
import type { FunctionCall, GenerateContentResponse, UsageMetadata } from './wire.ts';

/** What a stream tells while it runs. The answer is the concatenation of its text deltas. */
export type GeminiStreamEvent =
  /** The response headers are in. */
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly attempt: number }
  /** Answer text. `candidate` is the answer's index: 0 unless several were asked for. */
  | { readonly type: 'text-delta'; readonly text: string; readonly candidate: number }
  /** Thinking, where the request asked to include thoughts. */
  | { readonly type: 'thought-delta'; readonly text: string; readonly candidate: number }
  /** A whole function call. */
  | { readonly type: 'function-call-end'; readonly call: FunctionCall; readonly candidate: number }
  /** Running totals; the latest counts. */
  | { readonly type: 'usage'; readonly usage: UsageMetadata }
  /** A chunk as it came, for those who ask for `rawChunks`. */
  | { readonly type: 'chunk'; readonly chunk: GenerateContentResponse }
  /** Always last, exactly once. */
  | { readonly type: 'end'; readonly outcome: StreamOutcome };

/** What is kept in a stream's log: the end is made from the log's own end, never stored twice. */
export type StoredStreamEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;
