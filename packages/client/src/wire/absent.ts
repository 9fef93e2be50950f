/**
 * Whether a field is absent, in any of the ways in which servers and other SDKs write that: `undefined`, `null`, an empty
 * string, a value of an enum that ends in `_UNSPECIFIED`, and an empty array (PHP writes an empty object so).
 */
export function isAbsent(value: unknown): value is undefined | null | '' {
  if (typeof value === 'string') return value === '' || value.endsWith('_UNSPECIFIED');
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** Whether a field of text or numbers is not there. An object may also be missing as an empty array: see {@link isAbsent}. */
export function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Returns a text of the wire, or `undefined` if it is absent. */
export function presentText(value: unknown): string | undefined {
  return typeof value === 'string' && !isAbsent(value) ? value : undefined;
}

/** Returns the same object without its absent fields. Copies it only if it has some. */
export function withoutAbsent<Fields extends object>(fields: Fields): Fields {
  for (const name in fields) {
    if (isAbsent(fields[name])) {
      return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isAbsent(value))) as Fields;
    }
  }
  return fields;
}
