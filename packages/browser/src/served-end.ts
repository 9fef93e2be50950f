import { StreamFollowError } from './errors.ts';
import type { EndStatus, FollowOutcome, StreamFollowErrorCode } from './types.ts';

/** The facts of an end frame. */
export type ServedFacts = Pick<FollowOutcome, 'status' | 'finishReason' | 'blockReason' | 'usage' | 'error'>;

const statuses: readonly EndStatus[] = ['completed', 'blocked', 'truncated', 'failed', 'stopped'];

/** Reads the data of an end frame. An end of another form is over as well, but its status is unknown. */
export function readEnd(data: string): ServedFacts {
  let end: Readonly<Record<string, unknown>> = {};
  try {
    end = Object(JSON.parse(data)) as Readonly<Record<string, unknown>>;
  } catch {
    // Left empty.
  }
  const status = statuses.find((each) => each === end['status']) ?? 'unknown';
  if (status === 'unknown') return { status };
  const finishReason = textField(end['finishReason']);
  const blockReason = textField(end['blockReason']);
  const facts = { status, finishReason, blockReason, usage: end['usage'] };
  if (status === 'completed') return facts;
  const { code, status: httpStatus } = Object(end['error']) as { code?: unknown; status?: unknown };
  const reason = textField(code) ?? textField(end['reason']) ?? blockReason ?? finishReason;
  const error = new StreamFollowError(status as StreamFollowErrorCode, `the answer ended as ${status}`, {
    reason,
    status: typeof httpStatus === 'number' ? httpStatus : undefined,
  });
  return { ...facts, error };
}

/** Returns the error for readers of text: only a completed answer without a gap is the text that was asked for. */
export function textError(outcome: FollowOutcome, hasGap: boolean): { readonly error: unknown } | undefined {
  if (outcome.status === 'unknown') {
    return { error: new StreamFollowError('outcome-unknown', 'the stream ended, but its outcome is unknown') };
  }
  if (outcome.error !== undefined) return { error: outcome.error };
  return hasGap ? { error: new StreamFollowError('text-gap', 'events of the text are missing') } : undefined;
}

function textField(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
