import type { HttpStreamErrorCode } from '@gemini/http-streaming';
import type { GeminiError } from './errors.ts';
import type { CitationMetadata, GroundingMetadata, UrlContextMetadata } from './wire/grounding-types.ts';
import type { InteractionStep } from './wire/interaction-types.ts';
import type {
  AudioTranscription,
  Content,
  FunctionCall,
  FunctionResponsePart,
  GenerateContentResponse,
  ModelStatus,
  Part,
  UsageMetadata,
} from './wire/types.ts';

/** An event of a stream. The answer is the concatenation of its text deltas. */
export type GeminiStreamEvent =
  /** The response headers of an attempt are in. */
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly attempt: number }
  /**
   * Answer text. `candidate` is the answer's index: 0 unless several were asked for. A signature, here and in other events,
   * is opaque: the history has it on the same part.
   */
  | {
      readonly type: 'text-delta';
      readonly text: string;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** Thinking, if the request asked to include thoughts. */
  | {
      readonly type: 'thought-delta';
      readonly text: string;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** A function call begins. Calls come one after another in each candidate. */
  | {
      readonly type: 'function-call-start';
      readonly name: string;
      readonly id?: string | undefined;
      readonly candidate: number;
    }
  /** A piece of a call's arguments. A string continues the last piece of the same path. */
  | {
      readonly type: 'function-call-delta';
      readonly name: string;
      /** A JSONPath into the arguments, as it came. */
      readonly path: string;
      readonly value: string | number | boolean | null;
      readonly candidate: number;
      /** All arguments so far: one object that keeps growing. Not enumerable, because a log would repeat it each time. */
      readonly args?: Record<string, unknown> | undefined;
    }
  /** A whole function call. A call that was cut off with its answer has no such event. */
  | {
      readonly type: 'function-call-end';
      readonly call: FunctionCall;
      readonly candidate: number;
      /** JSON paths to integers beyond 2^53, whose last digits are rounded. Ask the model for a string instead. */
      readonly roundedIntegers?: readonly string[] | undefined;
      readonly thoughtSignature?: string | undefined;
    }
  /** The function of a call starts to run. */
  | { readonly type: 'tool-call'; readonly call: FunctionCall; readonly round: number }
  /** The result of a call as the model gets it: `{ error }` if the call failed, with the reason in `failure`. */
  | {
      readonly type: 'tool-result';
      readonly call: FunctionCall;
      readonly response: Record<string, unknown>;
      /** The files beside it. */
      readonly files?: readonly FunctionResponsePart[] | undefined;
      readonly failure?: ToolFailure | undefined;
      readonly durationMs: number;
      readonly round: number;
    }
  /** All results are there, and the model is asked again: the answer number `round` follows, from 2. */
  | { readonly type: 'round'; readonly round: number }
  /** An image, sound or another file, in base64. */
  | {
      readonly type: 'inline-data';
      readonly mimeType: string | undefined;
      readonly data: string;
      readonly displayName?: string | undefined;
      readonly thought: boolean;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** A file at an address. */
  | {
      readonly type: 'file';
      readonly mimeType: string | undefined;
      readonly uri: string;
      readonly displayName?: string | undefined;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** Code that the model wrote and the server runs. */
  | {
      readonly type: 'executable-code';
      readonly language: string | undefined;
      readonly code: string;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** The result of that code. */
  | {
      readonly type: 'code-result';
      readonly outcome: string | undefined;
      readonly output: string;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** A tool that the server runs itself, such as a search: sent with `includeServerSideToolInvocations`. */
  | {
      readonly type: 'server-tool-call';
      readonly id: string | undefined;
      readonly toolType: string | undefined;
      readonly args: Record<string, unknown> | undefined;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** The result of that tool. */
  | {
      readonly type: 'server-tool-result';
      readonly id: string | undefined;
      readonly toolType: string | undefined;
      readonly response: Record<string, unknown> | undefined;
      readonly thoughtSignature?: string | undefined;
      readonly candidate: number;
    }
  /** The words of audio. */
  | ({
      readonly type: 'transcription';
      readonly text: string;
      readonly finished: boolean;
      readonly candidate: number;
    } & Omit<AudioTranscription, 'text' | 'finished'>)
  /**
   * A part, as it came, whose content has no event of its own: a kind that this version does not know, the result of a
   * function that the server ran, or a signature alone.
   */
  | { readonly type: 'part'; readonly part: Part; readonly candidate: number }
  /** The stage of the model's life: for example that it is retired on a day. Emitted again if it changes. */
  | { readonly type: 'model-status'; readonly modelStatus: ModelStatus }
  /** The sources of the answer that a chunk names. The response has them without duplicates. */
  | {
      readonly type: 'grounding';
      readonly candidate: number;
      readonly groundingMetadata?: GroundingMetadata | undefined;
      readonly citationMetadata?: CitationMetadata | undefined;
      readonly urlContextMetadata?: UrlContextMetadata | undefined;
    }
  /**
   * Token counts over all requests that make up the answer: one event when a request ends, or each time they change
   * with `usageEvents: 'changes'`. The latest is valid.
   */
  | { readonly type: 'usage'; readonly usage: UsageMetadata }
  /**
   * The request is sent again after `delayMs`. With `discardFrom` the answer starts over: the events from that one on
   * (0: all before this one) are discarded.
   */
  | {
      readonly type: 'retry';
      readonly attempt: number;
      readonly delayMs: number;
      readonly discardFrom?: number | undefined;
      readonly code: GeminiErrorCode;
      readonly status?: number | undefined;
    }
  /**
   * The next model of the list is asked, because the one before could not answer. With `discardFrom` the events from that
   * one on (0: all before this one) are discarded.
   */
  | {
      readonly type: 'fallback';
      readonly attempt: number;
      readonly from: string;
      readonly to: string;
      readonly discardFrom?: number | undefined;
      /** The error that ended the last request of the model before. */
      readonly code: GeminiErrorCode;
      readonly status?: number | undefined;
    }
  /** Another request continues the answer. */
  | { readonly type: 'resume'; readonly attempt: number; readonly delayMs: number }
  /**
   * A place from which another process can continue the stream. Only streams that are started with a `streamLog` have it,
   * and it is served to no page.
   */
  | ({ readonly type: 'checkpoint' } & Checkpoint)
  /** A response chunk as it came, with `rawChunks`; an event of the Interactions API if that answers. */
  | { readonly type: 'chunk'; readonly chunk: GenerateContentResponse }
  /** Always last, exactly once. */
  | { readonly type: 'end'; readonly outcome: StreamOutcome };

/**
 * A place to continue an answer from: a token, from which the model generates what follows, or an interaction that runs on
 * by itself and can be followed. With `finishReason` the answer is whole, and its functions run.
 */
export interface Checkpoint {
  readonly continuationToken?: string | undefined;
  /** The interaction to follow, or the one that issued the token. */
  readonly interactionId?: string | undefined;
  readonly finishReason?: string | undefined;
  /** The tokens of this answer alone, if it is whole. */
  readonly usage?: UsageMetadata | undefined;
}

/** The events in a stream's log. The `end` event is made from the end of the log. */
export type StoredStreamEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;

/** Receives the events of a stream. */
export type EmitEvent = (event: StoredStreamEvent) => void;

/**
 * How a stream ended. `completed`: with a finish reason and content. `blocked`: the prompt or the answer was refused.
 * `truncated`: the wire ended without a finish reason or inside an event. `failed`: an error of the API or the network, or
 * an answer without content. `stopped`: the caller stopped it.
 */
export type OutcomeStatus = 'completed' | 'blocked' | 'truncated' | 'failed' | 'stopped';

/**
 * The consequence of an answer that ended with a finish reason, but without anything to use: `fail` ends it as `failed`
 * with `empty-answer`, `complete` as `completed`, and `retry` sends the request once more before it fails.
 */
export type EmptyAnswer = 'fail' | 'complete' | 'retry';

/** When token counts are an event: when a request has ended, or each time they change. */
export type UsageEvents = 'final' | 'changes';

/** Whether token counts are the last ones of an answer. */
export type UsageKind = 'final' | 'last-seen';

/** The end of a stream. It always has the partial response. */
export interface StreamOutcome {
  readonly status: OutcomeStatus;
  /** The answer text of the first candidate, without thoughts. */
  readonly text: string;
  /** The merged response. Its `content` can go back to the API as history. */
  readonly response: GenerateContentResponse;
  /** The model that was asked last: the one that answered, if there is an answer. `undefined` if none was asked. */
  readonly model: string | undefined;
  /** The tier that served the last request, if the server names it: `standard`, `flex`, `priority`. */
  readonly serviceTier: string | undefined;
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** The end of the body, an error, silence or a reset after the finish reason, or the caller's stop. */
  readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
  /** The last token counts that came, added up over the requests that make up the answer. */
  readonly usage: UsageMetadata | undefined;
  /**
   * `final` if the counts came with the end of the answer. `last-seen` if they did not: more tokens may be billed.
   */
  readonly usageKind: UsageKind | undefined;
  /** Events that could not be read and were skipped, with `invalidChunks: 'skip'`. */
  readonly skippedChunks: number;
  /** Events of the Interactions API of a kind that this version does not know. Their content is not in the answer. */
  readonly unknownEvents: number;
  /** The interaction that ended the answer, to continue the conversation with. Interactions API only, if it is stored. */
  readonly interactionId?: string | undefined;
  /** The id of the last event that has one: `interactions.follow` continues after it. */
  readonly lastEventId?: string | undefined;
  /** The whole steps of the answer, as the Interactions API takes them back. */
  readonly steps?: readonly InteractionStep[] | undefined;
  /** Requests that were sent for it. */
  readonly attempts: number;
  /** Each of these requests with its tokens, also those whose content was discarded. */
  readonly attemptReports: readonly AttemptReport[];
  /** The reason, unless it completed or was blocked. */
  readonly error: GeminiError | undefined;
  /**
   * The answers, calls and results of a stream with functions of `tool()`. `text`, `usage` and `attempts` are then those
   * of all answers, `response` is that of the last one.
   */
  readonly turn?: ToolTurn | undefined;
}

/** One request of a stream and its tokens. */
export interface AttemptReport {
  /** From 1. */
  readonly attempt: number;
  /**
   * `resume` continued the answer; `retry` and `restart` began it again, before and after content; `fallback` asked the
   * next model.
   */
  readonly kind: 'first' | 'retry' | 'resume' | 'restart' | 'fallback';
  readonly model: string;
  /** The wait before it. */
  readonly delayMs: number;
  /** Its last token counts. They may be billed even if its content was discarded. */
  readonly usage?: UsageMetadata | undefined;
  /** The error that ended it, unless it ended by itself. */
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
  /** The tokens of this answer alone. */
  readonly usage: UsageMetadata | undefined;
  /** Requests that were sent for it. */
  readonly attempts: number;
}

/** The answers and calls of a stream with functions. */
export interface ToolTurn {
  /** Every answer and every result after the request, in the form of a history; the partial content of a cut one too. */
  readonly contents: readonly Content[];
  readonly rounds: readonly RoundReport[];
  /** Calls of the last answer without a result: those that the caller answers, and those that were not run. */
  readonly openCalls: readonly FunctionCall[];
}

/**
 * The code of a GeminiError: one of this layer, one of chats, functions and objects, one of streams that other processes
 * serve, or one of the transport.
 */
export type GeminiErrorCode = AnswerErrorCode | FeatureErrorCode | StreamLogErrorCode | HttpStreamErrorCode;

/** The API, the answer and the credentials. */
type AnswerErrorCode =
  | 'api-error'
  | 'truncated'
  | 'empty-answer'
  | 'stopped'
  | 'first-content-timeout'
  | 'invalid-chunk'
  | 'response-too-large'
  | 'resume-mismatch'
  | 'queue-timeout'
  | 'missing-api-key'
  | 'api-key-failed'
  | 'unsupported-api-key'
  | 'insecure-base-url'
  | 'missing-auth-library'
  | 'auth-failed'
  | 'internal-error';

/** Chats, functions and objects, which are built on answers. */
type FeatureErrorCode =
  | 'chat-busy'
  | 'tool-failed'
  | 'mcp-failed'
  | 'too-many-rounds'
  | 'too-many-calls'
  | 'malformed-function-call'
  | 'blocked'
  | 'incomplete-object'
  | 'invalid-object';

/** Streams with a `streamLog`. */
type StreamLogErrorCode = 'producer-lost' | 'log-unavailable' | 'history-lost' | 'duplicate-id' | 'manager-closed';

/**
 * The reason why a call failed. The first two are mistakes of the model: no function ran. Otherwise the function threw,
 * took too long, returned a value that is not JSON, or a value that is too large.
 */
export type ToolFailure = 'unknown-tool' | 'invalid-arguments' | 'threw' | 'timeout' | 'not-json' | 'too-large';
