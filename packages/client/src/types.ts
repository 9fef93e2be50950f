import type { HttpStreamErrorCode } from '@gemini/http-streaming';
import type { GeminiError } from './errors.ts';
import type {
  CitationMetadata,
  Content,
  FunctionCall,
  GenerateContentResponse,
  GroundingMetadata,
  UrlContextMetadata,
  UsageMetadata,
} from './wire/types.ts';

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

/**
 * How a stream ended. `completed`: with a finish reason. `blocked`: the prompt or the answer was refused. `truncated`:
 * the wire ended without a finish reason or inside an event. `failed`: an error of the API or the network. `stopped`: we left.
 */
export type OutcomeStatus = 'completed' | 'blocked' | 'truncated' | 'failed' | 'stopped';

/** How far token counts can be relied on. */
export type UsageKind = 'final' | 'last-seen';

/** The one end of a stream. It always carries what had come. */
export interface StreamOutcome {
  readonly status: OutcomeStatus;
  /** The answer text of the first candidate, without thoughts. */
  readonly text: string;
  /** The merged response. Its `content` is what the API takes back as history. */
  readonly response: GenerateContentResponse;
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** The end of the body, an error, silence or a reset after the finish reason, or the caller's stop. */
  readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
  /** The last token counts that came, added up over the requests that make up the answer. */
  readonly usage: UsageMetadata | undefined;
  /**
   * `final` where the server told the counts with the end of the answer. `last-seen` where it did not get to that: what
   * is billed may be more.
   */
  readonly usageKind: UsageKind | undefined;
  /** Events that could not be read and were passed over, as `invalidChunks: 'skip'` asks for. */
  readonly skippedChunks: number;
  /** Requests that were sent for it. */
  readonly attempts: number;
  /** Each of these requests, with the tokens it cost: those too whose content was discarded. */
  readonly attemptReports: readonly AttemptReport[];
  /** Why, unless it completed or was blocked. */
  readonly error: GeminiError | undefined;
  /**
   * Where the stream has functions of `tool()`: its answers, its calls and their results. `text`, `usage` and `attempts`
   * are then those of all answers, `response` is the last one's.
   */
  readonly turn?: ToolTurn | undefined;
}

/** One request of a stream, and what it cost. */
export interface AttemptReport {
  /** From 1. */
  readonly attempt: number;
  /** `resume` went on where the one before left off; `retry` and `restart` asked anew, before and after content. */
  readonly kind: 'first' | 'retry' | 'resume' | 'restart';
  /** The wait before it. */
  readonly delayMs: number;
  /** The last token counts that it told; they may be billed even where its content was discarded. */
  readonly usage?: UsageMetadata | undefined;
  /** What broke it, unless it ended by itself. */
  readonly code?: GeminiErrorCode | undefined;
  readonly status?: number | undefined;
}

/** One answer of a turn. */
export interface RoundReport {
  /** From 1. */
  readonly round: number;
  readonly finishReason: string | undefined;
  /** The function calls in it. */
  readonly callsCount: number;
  /** What this answer alone cost. */
  readonly usage: UsageMetadata | undefined;
  /** Requests that were sent for it. */
  readonly attempts: number;
}

/** What a stream that may call functions came to, beside its last answer. */
export interface ToolTurn {
  /** Every answer and every result after the request, as the API takes them back; what had come of a cut one too. */
  readonly contents: readonly Content[];
  readonly rounds: readonly RoundReport[];
  /** Calls of the last answer that have no result: those that are yours to answer, and those that were not run. */
  readonly openCalls: readonly FunctionCall[];
}

/** What ended a stream badly. Codes of the transport below are passed on as they are. */
export type GeminiErrorCode =
  | 'api-error'
  | 'truncated'
  | 'stopped'
  | 'invalid-chunk'
  | 'missing-api-key'
  | 'api-key-failed'
  | 'unsupported-api-key'
  | 'insecure-base-url'
  | 'missing-auth-library'
  | 'auth-failed'
  | 'response-too-large'
  | 'resume-mismatch'
  | 'history-lost'
  | 'blocked'
  | 'incomplete-object'
  | 'invalid-object'
  | 'chat-busy'
  | 'tool-failed'
  | 'too-many-rounds'
  | 'too-many-calls'
  | 'malformed-function-call'
  | 'internal-error'
  | HttpStreamErrorCode;

/**
 * Why a call has no proper result. The first two are the model's mistakes: no function ran. Of the others the function
 * threw, took too long, returned what JSON cannot carry, or too much of it.
 */
export type ToolFailure = 'unknown-tool' | 'invalid-arguments' | 'threw' | 'timeout' | 'not-json' | 'too-large';
