import type { GeminiError, StreamOutcome } from '@gemini/client';
import type { FinishReason, UIMessageChunk } from 'ai';

/** Returns the chunks of an end: a page must not take an answer that was cut for a whole one. */
export function endChunks(outcome: StreamOutcome, options: EndOptions): UIMessageChunk[] {
  const { status, error } = outcome;
  const step: UIMessageChunk = { type: 'finish-step' };
  const finish = (finishReason: FinishReason): UIMessageChunk => {
    const messageMetadata = options.messageMetadata(outcome, options.verdict);
    return { type: 'finish', finishReason, ...(messageMetadata === undefined ? {} : { messageMetadata }) };
  };
  switch (status) {
    case 'completed':
      return [step, finish(finishReasonOf(outcome, options.hasOpenCalls))];
    case 'blocked':
      return [step, finish('content-filter')];
    case 'stopped':
      return [{ type: 'abort' }];
    case 'truncated':
    case 'failed': {
      const errorText = error === undefined ? 'The answer failed.' : options.onError(error);
      return [{ type: 'error', errorText }, finish(status === 'failed' ? 'error' : 'interrupted')];
    }
  }
}

function finishReasonOf({ finishReason }: StreamOutcome, hasOpenCalls: boolean): FinishReason {
  switch (finishReason?.toUpperCase()) {
    case 'STOP':
      return hasOpenCalls ? 'tool-calls' : 'stop';
    case 'MAX_TOKENS':
      return 'length';
    case 'MALFORMED_FUNCTION_CALL':
    case 'MALFORMED_RESPONSE':
    case 'UNEXPECTED_TOOL_CALL':
    case 'TOO_MANY_TOOL_CALLS':
    case 'MISSING_THOUGHT_SIGNATURE':
      return 'error';
    default:
      return 'other';
  }
}

/** Returns the text of an error that any reader may see: no message of a server, no address and no key. */
export function safeErrorText({ code }: Pick<GeminiError, 'code'>): string {
  return code === 'truncated' ? 'The answer was cut off.' : 'The answer failed.';
}

/** Returns the token counts, the model and the verdict, as plain JSON. */
export function defaultMetadata({ usage, model }: StreamOutcome, verdict: unknown): unknown {
  const { kind, cause } = (verdict ?? {}) as { kind?: unknown; cause?: unknown };
  // The schema takes plain JSON only.
  return JSON.parse(JSON.stringify({ usage, model, verdict: kind && { kind, cause } })) as unknown;
}

/** The settings of an end. */
export interface EndOptions {
  readonly verdict?: unknown;
  /** Calls wait for their results. */
  readonly hasOpenCalls: boolean;
  readonly onError: (error: GeminiError) => string;
  readonly messageMetadata: (outcome: StreamOutcome, verdict: unknown) => unknown;
}
