import { kindOf, maxLevels } from './wire/guard.ts';

/**
 * Returns a deep copy of a JSON value. Fields that are `undefined` are left out, as by `JSON.stringify`.
 * @throws TypeError with the path to a value that JSON cannot express
 */
export function plainCopy<Value>(value: Value, path: string): Value {
  return copy(value, () => path, 0) as Value;
}

function copy(value: unknown, path: () => string, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object' || isNoJson(value)) {
    throw new TypeError(`${path()}: expected JSON, got ${nameOf(value)}`);
  }
  if (depth === maxLevels) {
    throw new TypeError(`${path().slice(0, 200)}…: expected at most ${maxLevels} levels, got more`);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => copy(item, () => `${path()}[${index}]`, depth + 1));
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  // `fromEntries` defines its fields: a name such as `__proto__` is data here.
  return Object.fromEntries(fields.map(([name, field]) => [name, copy(field, () => `${path()}.${name}`, depth + 1)]));
}

// Instances of classes without a JSON form of their own pass: some of genai's are plain data.
function isNoJson(value: object): boolean {
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set || value instanceof Promise)
    return true;
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : kindOf(value);
}
