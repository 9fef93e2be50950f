import { GoogleError } from './google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { type FieldKind, messages } from './request-fields.ts';

interface Violation {
  readonly field: string;
  readonly description: string;
}

/** The deepest payload that is read. The limit protects the stack, because reading is recursive. */
const maxDepth = 100;

/**
 * Reads a message of the API from JSON. Names in camelCase or snake_case become camelCase, and a single value becomes a
 * list if the field is a list.
 * @throws GoogleError `INVALID_ARGUMENT` with a violation for each unknown field and each value of the wrong type
 */
export function readMessage(name: string, value: JsonObject): JsonObject {
  const violations: Violation[] = [];
  const result = readKind(name, value, '', violations, 0);
  if (violations.length > 0) throw invalidFields(violations);
  return isJsonObject(result) ? result : {};
}

function readKind(kind: FieldKind, value: JsonValue, path: string, violations: Violation[], depth: number): JsonValue {
  if (depth > maxDepth) {
    throw new GoogleError(
      'INVALID_ARGUMENT',
      'Invalid JSON payload received. Message too deep. Max recursion depth reached.',
    );
  }
  if (typeof kind !== 'string') {
    const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
    return items.map((item, index) => readKind(kind.list, item, `${path}[${index}]`, violations, depth + 1));
  }
  const fields = messages[kind];
  if (fields !== undefined) return readFields(fields, value, path, violations, depth);
  if (kind === 'struct') return value;
  if (kind === 'open') return camelCaseDeep(value, false, depth);
  if (kind === 'schema') return camelCaseDeep(value, true, depth);
  if (!isScalar(kind, value)) {
    const type =
      kind === 'integer'
        ? 'TYPE_INT32'
        : kind === 'number'
          ? 'TYPE_FLOAT'
          : kind === 'boolean'
            ? 'TYPE_BOOL'
            : 'TYPE_STRING';
    const description = `Invalid value at '${snakePath(path)}' (${type}), ${JSON.stringify(value).slice(0, 100)}`;
    violations.push({ field: snakePath(path), description });
  }
  // The API accepts numbers as strings.
  return (kind === 'integer' || kind === 'number') && typeof value === 'string' ? Number(value) : value;
}

function readFields(
  fields: Readonly<Record<string, FieldKind>>,
  value: JsonValue,
  path: string,
  violations: Violation[],
  depth: number,
): JsonValue {
  if (!isJsonObject(value)) {
    violations.push({
      field: snakePath(path),
      description: `Invalid value at '${snakePath(path)}': expected an object.`,
    });
    return {};
  }
  const result: Record<string, JsonValue> = {};
  for (const [given, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const name = camelCase(given);
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) {
      const where = path === '' ? '' : ` at '${snakePath(path)}'`;
      const description = `Invalid JSON payload received. Unknown name "${given.slice(0, 100)}"${where}: Cannot find field.`;
      violations.push({ field: snakePath(path), description });
    } else {
      result[name] = readKind(kind, item, path === '' ? name : `${path}.${name}`, violations, depth + 1);
    }
  }
  return result;
}

function isScalar(kind: string, value: JsonValue): boolean {
  if (kind === 'integer') return Number.isInteger(Number(value)) && typeof value !== 'boolean' && value !== '';
  if (kind === 'number')
    return typeof value === 'number' || (typeof value === 'string' && Number.isFinite(Number(value)));
  return typeof value === kind;
}

function camelCaseDeep(value: JsonValue, isSchema: boolean, depth: number): JsonValue {
  if (depth > maxDepth) throw new GoogleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Message too deep.');
  if (Array.isArray(value)) return value.map((item: JsonValue) => camelCaseDeep(item, isSchema, depth + 1));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (!isSchema || item === undefined)
        return [camelCase(name), item === undefined ? null : camelCaseDeep(item, isSchema, depth + 1)];
      // Users choose the names under `properties`. Examples and defaults are values, not schemas.
      if (name === 'properties' && isJsonObject(item)) return [name, mapValues(item, depth)];
      if (name === 'default' || name === 'example' || name === 'enum') return [name, item];
      return [camelCase(name), camelCaseDeep(item, isSchema, depth + 1)];
    }),
  );
}

function mapValues(properties: JsonObject, depth: number): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, item]) => [name, camelCaseDeep(item ?? null, true, depth + 1)]),
  );
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}

function snakePath(path: string): string {
  return path.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

function invalidFields(violations: readonly Violation[]): GoogleError {
  const message = violations.map(({ description }) => description).join('\n');
  return new GoogleError('INVALID_ARGUMENT', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: violations.map((violation) => ({ ...violation })),
    },
  ]);
}
