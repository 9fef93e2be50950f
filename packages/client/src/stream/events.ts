import type { GeminiErrorCode } from '../errors/error-code.ts';
import type { StreamOutcome } from './outcome.ts';
import type { ToolFailure } from '../tools/run-tool.ts';
import type { CitationMetadata, FunctionCall, GenerateContentResponse } from '../wire.ts';
import type { GroundingMetadata, UrlContextMetadata, UsageMetadata } from '../wire.ts';

/** What a stream tells while it runs. The answer is the concatenation of its text deltas. */
export type GeminiStreamEvent =
  /** The response headers of an attempt are in. */
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly attempt: number }
  /** Answer text. `candidate` is the answer's index: 0 unless several were asked for. */
  | { readonly type: 'text-delta'; readonly text: string; readonly candidate: number }
  /** Thinking, where the request asked to include thoughts. */
  | { readonly type: 'thought-delta'; readonly text: string; readonly candidate: number }
  /** A function call begins. Calls come one after another in each candidate. */
  | {
      readonly type: 'function-call-start';
      readonly name: string;
      readonly id?: string | undefined;
      readonly candidate: number;
    }
  /** A piece of a call's arguments: a string goes on where the same path's last piece left it. */
  | {
      readonly type: 'function-call-delta';
      readonly name: string;
      /** A JSONPath into the arguments, as it came. */
      readonly path: string;
      readonly value: string | number | boolean | null;
      readonly candidate: number;
      /** All arguments so far: one object that keeps growing. Not enumerable, for a log would repeat it each time. */
      readonly args?: Record<string, unknown> | undefined;
    }
  /** A whole function call. Not told of a call that was cut off with its answer. */
  | { readonly type: 'function-call-end'; readonly call: FunctionCall; readonly candidate: number }
  /** The function of a call starts to run. */
  | { readonly type: 'tool-call'; readonly call: FunctionCall; readonly round: number }
  /** What became of a call, as the model is told: `{ error }` where it failed, and `failure` says how. */
  | {
      readonly type: 'tool-result';
      readonly call: FunctionCall;
      readonly response: Record<string, unknown>;
      readonly failure?: ToolFailure | undefined;
      readonly durationMs: number;
      readonly round: number;
    }
  /** All results are there, and the model is asked on: what follows is its answer number `round`, from 2. */
  | { readonly type: 'round'; readonly round: number }
  /** An image, sound or another file, in base64. */
  | {
      readonly type: 'inline-data';
      readonly mimeType: string | undefined;
      readonly data: string;
      readonly thought: boolean;
      readonly candidate: number;
    }
  /** Code that the model wrote and the server runs. */
  | {
      readonly type: 'executable-code';
      readonly language: string | undefined;
      readonly code: string;
      readonly candidate: number;
    }
  /** What became of it. */
  | {
      readonly type: 'code-result';
      readonly outcome: string | undefined;
      readonly output: string;
      readonly candidate: number;
    }
  /** What a chunk says about the answer's sources; merged without duplicates they are in the response. */
  | {
      readonly type: 'grounding';
      readonly candidate: number;
      readonly groundingMetadata?: GroundingMetadata | undefined;
      readonly citationMetadata?: CitationMetadata | undefined;
      readonly urlContextMetadata?: UrlContextMetadata | undefined;
    }
  /** Running totals, over all requests that make up the answer; the latest counts. */
  | { readonly type: 'usage'; readonly usage: UsageMetadata }
  /**
   * The request is sent again after `delayMs`. With `discardFrom` the answer begins anew: what came from that event on
   * (0: all before this one) is void.
   */
  | {
      readonly type: 'retry';
      readonly attempt: number;
      readonly delayMs: number;
      readonly discardFrom?: number | undefined;
      readonly code: GeminiErrorCode;
      readonly status?: number | undefined;
    }
  /** The answer goes on in another request, where it was left. */
  | { readonly type: 'resume'; readonly attempt: number; readonly delayMs: number }
  /** A chunk as it came, for those who ask for `rawChunks`. */
  | { readonly type: 'chunk'; readonly chunk: GenerateContentResponse }
  /** Always last, exactly once. */
  | { readonly type: 'end'; readonly outcome: StreamOutcome };

/** What is kept in a stream's log: the end is made from the log's own end, never stored twice. */
export type StoredStreamEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;

/** Where the events of a stream go. */
export type EmitEvent = (event: StoredStreamEvent) => void;
