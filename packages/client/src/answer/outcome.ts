import type { StreamEnd } from '@gemini/stream-manager';
import { GeminiError, setPartial } from '../errors.ts';
import type { AnswerFacts } from './answer-form.ts';
import type { AttemptReport, EmptyAnswer, StreamOutcome } from '../types.ts';
import { presentText } from '../wire/absent.ts';
import type { GenerateContentResponse } from '../wire/types.ts';

/** The facts of a stream that has ended. */
interface Conclusion extends Partial<WireEnd> {
  readonly response: GenerateContentResponse;
  readonly text: string;
  /** The model of the last request. */
  readonly model?: string | undefined;
  readonly serviceTier?: string | undefined;
  /** Facts that only some APIs have. */
  readonly facts?: AnswerFacts | undefined;
  /** Requests that were sent. */
  readonly attempts: number;
  readonly attemptReports: readonly AttemptReport[];
  /** The last token counts came with the finish reason, or after it. */
  readonly isUsageFinal?: boolean | undefined;
  /** There is something to use. @defaultValue true */
  readonly hasContent?: boolean | undefined;
  /** @defaultValue 'complete' */
  readonly emptyAnswer?: EmptyAnswer | undefined;
  /** Events that could not be read and were skipped. */
  readonly skippedChunks?: number | undefined;
  /** Events of a kind that this version does not know. */
  readonly unknownEvents?: number | undefined;
}

/** Makes the outcome of a stream. The error, if there is one, carries the partial response. */
export function conclude(conclusion: Conclusion): StreamOutcome {
  const { response, text, attempts, attemptReports, isUsageFinal, skippedChunks = 0, unknownEvents = 0 } = conclusion;
  const { model, serviceTier } = conclusion;
  const wireEnd = { error: conclusion.error, isInsideEvent: conclusion.isInsideEvent ?? false };
  const { hasContent = true, emptyAnswer = 'complete' } = conclusion;
  const state = judgeAnswer(response, wireEnd, hasContent);
  const { finishReason, blockReason, isWhole, isBlocked, endedBy } = state;
  const error = emptyAnswer === 'complete' ? state.error : (state.error ?? state.emptyError);
  const usage = response.usageMetadata;
  // Some servers put a finish reason on every chunk: the counts of an answer that was cut are not its last.
  const usageKind = usage && (isWhole && isUsageFinal === true ? 'final' : 'last-seen');
  const counts = { usage, usageKind, skippedChunks, unknownEvents, attempts, attemptReports } as const;
  const facts = {
    ...conclusion.facts,
    text,
    response,
    model,
    serviceTier,
    finishReason,
    blockReason,
    ...counts,
    endedBy,
    error,
  };
  if (error === undefined) return { ...facts, status: isBlocked ? 'blocked' : 'completed' };
  setPartial(error, response);
  if (error.code === 'stopped') return { ...facts, status: 'stopped' };
  return { ...facts, status: error.code === 'truncated' ? 'truncated' : 'failed' };
}

/**
 * Returns the outcome of a managed stream: that of its source, unless the manager ended the stream before its source
 * started, or the source threw.
 */
export function outcomeOfEnd(end: StreamEnd<StreamOutcome>): StreamOutcome {
  if (end.result !== undefined) return end.result;
  const error = errorWithoutSource(end);
  return conclude({ response: {}, text: '', attempts: 0, attemptReports: [], error, isInsideEvent: false });
}

function errorWithoutSource({ status, error, reason }: StreamEnd<StreamOutcome>): GeminiError {
  if (error instanceof GeminiError) return error;
  if (status !== 'failed') {
    return new GeminiError('stopped', 'the stream was stopped before it began', { cause: error ?? reason });
  }
  const { code, message = '' } = (error ?? {}) as { readonly code?: unknown; readonly message?: string };
  if (code === 'queue-timeout') return new GeminiError(code, message, { cause: error, retryable: true });
  return new GeminiError('internal-error', 'the stream failed before it began', { cause: error });
}

/** The end of the last request of an answer. */
export interface WireEnd {
  /** The error that ended it; `undefined` if the body ended by itself. */
  readonly error: GeminiError | undefined;
  /** The wire ended inside an event: the rest of that event is lost. */
  readonly isInsideEvent: boolean;
}

/** The judgement of an answer when a request of it has ended. */
interface AnswerState {
  /** The finish reason of the first candidate. */
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** The server stopped with `CONTINUATION` and expects another request to continue. */
  readonly isHandover: boolean;
  /** Nothing is missing. */
  readonly isWhole: boolean;
  /** The prompt or the answer was refused. */
  readonly isBlocked: boolean;
  readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
  /** The reason why the answer is not whole. */
  readonly error: GeminiError | undefined;
  /** Of a whole answer that was not refused: it has nothing to use. */
  readonly emptyError?: GeminiError | undefined;
}

/**
 * Decides whether an answer is whole. It is if every candidate has a finish reason, or the prompt was blocked, and the
 * wire ended at the border of an event: by itself, by silence or by a lost connection. Servers put a finish reason on
 * chunks that more content follows, so a finish reason says nothing about an event that was cut after it. A whole answer
 * is blocked if its reason is a refusal; else it is empty if it has no content, or if its reason names a call or a response
 * that cannot be used. Pure.
 */
export function judgeAnswer(
  response: GenerateContentResponse,
  { error, isInsideEvent }: WireEnd,
  hasContent = true,
): AnswerState {
  const { candidates = [], promptFeedback } = response;
  const blockReason = presentText(promptFeedback?.blockReason);
  const reasons = candidates.map((candidate) => presentText(candidate.finishReason));
  const isHandover = reasons.includes('CONTINUATION');
  const isFinished = blockReason !== undefined || (reasons.length > 0 && !isHandover && reasons.every(Boolean));
  // Some servers write the reasons in lower case.
  const reason = reasons[0]?.toUpperCase() ?? '';
  const isBlocked = blockReason !== undefined || blockingFinishReasons.has(reason);
  const facts = { finishReason: reasons[0], blockReason, isHandover, isBlocked, isWhole: false };

  const wireBreak = error && wireBreakOf(error);
  if (error !== undefined && (wireBreak === undefined || !isFinished)) {
    return { ...facts, endedBy: error.code === 'stopped' ? 'stop' : 'error', error };
  }
  const endedBy = wireBreak ?? 'end';
  if (isFinished && !isInsideEvent) {
    const isEmpty = !isBlocked && (!hasContent || unusableFinishReasons.has(reason));
    const emptyError = isEmpty ? emptyAnswerError(reason, candidates[0]?.finishMessage) : undefined;
    return { ...facts, isWhole: true, endedBy, error: undefined, emptyError };
  }
  const fault = isInsideEvent ? 'was cut inside an event' : 'ended without a finish reason: it may be cut';
  return { ...facts, endedBy, error: new GeminiError('truncated', `the answer ${fault}`, { cause: error }) };
}

/** The errors that say nothing but that no more bytes came. */
function wireBreakOf({ code }: GeminiError): 'idle' | 'reset' | undefined {
  if (code === 'idle-timeout' || code === 'content-idle-timeout') return 'idle';
  return code === 'connection-lost' ? 'reset' : undefined;
}

/** The longest finish message that is passed on, in characters. */
const maxFinishMessage = 300;

function emptyAnswerError(reason: string, finishMessage: unknown): GeminiError {
  const message = presentText(finishMessage);
  const said = message === undefined ? '' : ` (${message.slice(0, maxFinishMessage)})`;
  // With the same limit of tokens the same request ends the same.
  const retryable = reason !== 'MAX_TOKENS';
  return new GeminiError('empty-answer', `the answer has nothing to use: ${reason}${said}`, { reason, retryable });
}

/** The finish reasons of an answer that cannot be used, whatever it contains. */
export const unusableFinishReasons: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
]);

/** The finish reasons of an answer that was withheld. It does not include `MAX_TOKENS` and unknown ones. */
const blockingFinishReasons: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
]);
