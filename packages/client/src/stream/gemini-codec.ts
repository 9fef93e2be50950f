import { type StreamCodec, type StreamManagerError, jsonCodec } from '@gemini/stream-manager';
import { GeminiError, type GeminiErrorFacts, setPartial } from '../errors.ts';
import type { GeminiErrorCode, StoredStreamEvent, StreamOutcome } from '../types.ts';
import { outcomeOfEvents } from '../answer/outcome-of-events.ts';

/** A GeminiError in JSON. */
interface WrittenError extends Omit<GeminiErrorFacts, 'cause'> {
  readonly geminiCode: GeminiErrorCode;
  readonly message: string;
  /** The partial response is that of the outcome, which is written once. */
  readonly isPartialOfOutcome?: boolean | undefined;
}

/** An end in which every GeminiError is written. */
interface WrittenOutcome extends Omit<StreamOutcome, 'error'> {
  readonly error?: WrittenError | undefined;
  /** The error of the end is that of the outcome. */
  readonly isErrorOfEnd?: boolean | undefined;
}

const json = jsonCodec<StoredStreamEvent, StreamOutcome>();

/**
 * Returns the codec of a client's streams: JSON. An error comes back as a GeminiError with everything but its stack and
 * cause, an outcome with its turn. A delta of arguments has no `args`: its whole call follows. For encryption, wrap it.
 */
export function geminiCodec(): StreamCodec<StoredStreamEvent, StreamOutcome> {
  return {
    encodeEvent: (event) => json.encodeEvent(event),
    decodeEvent: (line) => json.decodeEvent(line),
    encodeEnd({ result, error, reason, ...end }) {
      const isErrorOfEnd = error !== undefined && error === result?.error;
      return json.encodeEnd({
        ...end,
        result: result && (writeOutcome(result, isErrorOfEnd) as unknown as StreamOutcome),
        error: isErrorOfEnd ? undefined : write(error),
        reason: write(reason),
      });
    },
    decodeEnd(line) {
      const { result, error, reason, ...end } = json.decodeEnd(line);
      const outcome = result && readOutcome(result as unknown as WrittenOutcome);
      const isErrorOfEnd = (result as unknown as WrittenOutcome | undefined)?.isErrorOfEnd === true;
      const failure = isErrorOfEnd ? outcome?.error : read(error);
      return {
        ...end,
        ...(outcome !== undefined && { result: outcome }),
        ...(failure !== undefined && { error: failure }),
        ...(reason !== undefined && { reason: read(reason) }),
      };
    },
    failedEnd,
  };
}

/** Returns the end of a stream that failed because of its log: a GeminiError with the partial answer. */
function failedEnd(
  cause: StreamManagerError,
  events: readonly StoredStreamEvent[],
  result: StreamOutcome | undefined,
  trimmedCount = 0,
): { error: GeminiError; result: StreamOutcome } {
  const error = new GeminiError(codeOf(cause), cause.message, { cause, retryable: cause.code !== 'duplicate-id' });
  if (result === undefined) return { error, result: outcomeOfEvents(events, error, trimmedCount) };
  // The answer that was running in this process: the abort has ended it as stopped.
  setPartial(error, result.response);
  return { error, result: { ...result, status: 'failed', endedBy: 'error', error } };
}

function codeOf({ code }: StreamManagerError): GeminiErrorCode {
  switch (code) {
    case 'producer-lost':
    case 'log-unavailable':
    case 'history-lost':
    case 'duplicate-id':
    case 'manager-closed':
      return code;
    default:
      return 'stopped';
  }
}

function writeOutcome({ error, ...outcome }: StreamOutcome, isErrorOfEnd: boolean): WrittenOutcome {
  return { ...outcome, isErrorOfEnd, error: error && writeError(error, outcome.response) };
}

function readOutcome(written: WrittenOutcome): StreamOutcome {
  const { error, isErrorOfEnd: _isErrorOfEnd, ...outcome } = written;
  return { ...outcome, error: error && readError(error, outcome.response) };
}

function write(value: unknown): unknown {
  return isGeminiError(value) ? writeError(value, undefined) : value;
}

function read(value: unknown): unknown {
  const { geminiCode } = (value ?? {}) as Partial<WrittenError>;
  return geminiCode === undefined ? value : readError(value as WrittenError, undefined);
}

function writeError(error: GeminiError, response: GeminiErrorFacts['partial']): WrittenError {
  const { code, message, status, reason, details, quotaViolations, retryable, retryAfterMs, limit, received } = error;
  const { text, issues, partial } = error;
  const facts = { status, reason, details, quotaViolations, retryable, retryAfterMs, limit, received, text, issues };
  const isPartialOfOutcome = partial !== undefined && partial === response;
  return {
    geminiCode: code,
    message,
    ...facts,
    ...(isPartialOfOutcome ? { isPartialOfOutcome } : { partial }),
  };
}

function readError(written: WrittenError, response: GeminiErrorFacts['partial']): GeminiError {
  const { geminiCode, message, isPartialOfOutcome, ...facts } = written;
  return new GeminiError(geminiCode, message, isPartialOfOutcome === true ? { ...facts, partial: response } : facts);
}

// Two copies of the package may meet.
function isGeminiError(value: unknown): value is GeminiError {
  return value instanceof Error && value.name === 'GeminiError';
}
