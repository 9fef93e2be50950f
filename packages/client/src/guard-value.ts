/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that is not there: servers write `null` for it too. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** What is wrong with the value at a path. Tells its kind, never the value. */
export function problem(path: string, expected: string, got: unknown): string {
  return `${path}: expected ${expected}, got ${kindOf(got)}`;
}

/** What is wrong with a field that may be absent. */
export function wrongField(
  record: Readonly<Record<string, unknown>>,
  path: string,
  name: string,
  type: 'string' | 'object',
): string | undefined {
  const value = record[name];
  if (isAbsent(value)) return undefined;
  const isRight = type === 'object' ? isRecord(value) : typeof value === 'string';
  return isRight ? undefined : problem(`${path}.${name}`, type === 'object' ? 'an object' : 'a string', value);
}

/** The kind of a value, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
