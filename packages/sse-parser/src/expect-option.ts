/** Throws the `TypeError` that tells what was expected and what came instead. */
export const expectOption = (name: string, expected: string, got: unknown): never => {
  throw new TypeError(`${name}: expected ${expected}, got ${String(got)}.`);
};
