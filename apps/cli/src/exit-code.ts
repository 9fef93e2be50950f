import type { GeminiErrorCode, OutcomeStatus } from '@gemini/client';

/** The exit codes. 130 is the shell's own code for an interrupt. */
export const exitCodes = { ok: 0, error: 1, usage: 2, network: 3, blocked: 4, truncated: 5, interrupted: 130 } as const;

const networkErrors: ReadonlySet<GeminiErrorCode> = new Set([
  'connect-failed',
  'connect-timeout',
  'headers-timeout',
  'idle-timeout',
  'content-idle-timeout',
  'first-content-timeout',
  'total-timeout',
  'connection-lost',
  'abandoned',
]);
const usageErrors: ReadonlySet<GeminiErrorCode> = new Set([
  'missing-api-key',
  'insecure-base-url',
  'unsupported-api-key',
  'missing-auth-library',
]);

/** The end of an answer: an outcome, or the end of a measured run. */
interface AnswerEnd {
  readonly status: OutcomeStatus;
  readonly error?: { readonly code: GeminiErrorCode } | undefined;
}

/** Returns the exit code for the end of an answer. */
export function exitCodeOf({ status, error }: AnswerEnd): number {
  if (status === 'completed') return exitCodes.ok;
  if (status === 'blocked') return exitCodes.blocked;
  if (status === 'truncated') return exitCodes.truncated;
  if (status === 'stopped') return exitCodes.interrupted;
  if (error !== undefined && networkErrors.has(error.code)) return exitCodes.network;
  return error !== undefined && usageErrors.has(error.code) ? exitCodes.usage : exitCodes.error;
}

/** The command line is invalid. Shown as one line; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
