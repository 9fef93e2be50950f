/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that is not there: servers write `null` for it too. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/**
 * What is wrong with a value: the path to it, and what was expected. Tells its kind, never the value. Paths grow on the
 * way back (`.text: …` becomes `.parts[0].text: …`), so that a value with nothing wrong costs no path.
 */
export function problem(path: string, expected: string, got: unknown): string {
  return `${path}: expected ${expected}, got ${kindOf(got)}`;
}

/** What is wrong with a field that may be absent. */
export function wrongField(
  record: Readonly<Record<string, unknown>>,
  name: string,
  type: 'string' | 'object',
): string | undefined {
  const value = record[name];
  if (isAbsent(value)) return undefined;
  const isRight = type === 'object' ? isRecord(value) : typeof value === 'string';
  return isRight ? undefined : problem(`.${name}`, type === 'object' ? 'an object' : 'a string', value);
}

/** The first problem of a list's items. */
export function wrongItem(
  items: readonly unknown[],
  problemOf: (item: unknown) => string | undefined,
): string | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const found = problemOf(items[index]);
    if (found !== undefined) return `[${index}]${found}`;
  }
  return undefined;
}

/** The kind of a value, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
