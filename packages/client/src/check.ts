import { isRecord, problem, wrongItem } from './wire/guard.ts';

/**
 * Returns the fault of a value as `path: expected …, got …`, or `undefined`. Paths grow on the way back, so that a valid
 * value costs none. Requests and options are checked by these few functions, because loading a schema library takes
 * longer than the rest of a first stream.
 */
export type Check = (value: unknown) => string | undefined;

/** A value for which `isRight` returns true. */
export function kind(expected: string, isRight: (value: unknown) => boolean): Check {
  return (value) => (isRight(value) ? undefined : problem('', expected, value));
}

export const aString = kind('a string', (value) => typeof value === 'string');
export const aNumber = kind('a number', Number.isFinite);
export const aBoolean = kind('a boolean', (value) => typeof value === 'boolean');
export const aFunction = kind('a function', (value) => typeof value === 'function');
export const anObject = kind('an object', isRecord);

/** A field that may be absent. */
export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

/** An object whose fields pass their checks. Other fields pass. */
export function objectWith(checks: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isRecord(value)) return problem('', 'an object', value);
    for (const name in checks) {
      const found = checks[name]?.(value[name]);
      if (found !== undefined) return `.${name}${found}`;
    }
    return undefined;
  };
}

/** An object whose fields all pass one check. */
export function objectOf(check: Check): Check {
  return (value) => {
    if (!isRecord(value)) return problem('', 'an object', value);
    for (const [name, field] of Object.entries(value)) {
      const found = check(field);
      if (found !== undefined) return `.${name}${found}`;
    }
    return undefined;
  };
}

/** An array of at least `least` items that pass a check. */
export function listOf(check: Check, least = 0): Check {
  return (value) => {
    if (!Array.isArray(value)) return problem('', 'an array', value);
    if (value.length < least) return problem('', 'at least one item', value);
    return wrongItem(value, check);
  };
}

/** A value that passes one of two checks; the fault is that of the second. */
export function either(first: Check, second: Check): Check {
  return (value) => (first(value) === undefined ? undefined : second(value));
}

/**
 * Throws the fault of a value, if it has one.
 * @throws TypeError with the path to the fault, the expected kind and the kind that came: never the value
 */
export function expectValid(check: Check, value: unknown, name = ''): void {
  const found = check(value);
  if (found === undefined) return;
  const path = name === '' ? found.replace(/^\./, '') : `${name}${found}`;
  throw new TypeError(path.startsWith(':') ? `the value${path}` : path);
}
