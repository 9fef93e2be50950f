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

/**
 * Sets a field whose name came over the wire. A plain assignment to `__proto__` would change the prototype of the
 * object, where `JSON.parse` makes a field.
 */
export function setField(fields: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
  } else (fields as Record<string, unknown>)[name] = value;
}

/** Whether lists and objects lie in each other on more than `maxLevels` levels. */
export function isNestedDeeper(value: unknown, maxLevels: number): boolean {
  let level = containersIn([value]);
  for (let depth = 0; depth < maxLevels; depth += 1) {
    if (level.length === 0) return false;
    level = level.flatMap((container) => containersIn(Object.values(container)));
  }
  return level.length > 0;
}

function containersIn(values: readonly unknown[]): object[] {
  return values.filter((value): value is object => typeof value === 'object' && value !== null);
}
