/** Nobody reads standard output any more (`EPIPE`). Thrown by the next write, so that a command ends and cleans up. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}
