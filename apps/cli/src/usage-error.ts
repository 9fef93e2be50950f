/** The command was called in a way that cannot be meant. Shown as one line; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
