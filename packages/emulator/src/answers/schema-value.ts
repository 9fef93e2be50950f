import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import { pick, type Random } from '../wire/random.ts';
import { schemaNumber } from './schema-number.ts';
import { schemaString } from './schema-string.ts';

/** Where the words of a value come from. */
export interface ValueContext {
  readonly random: Random;
  readonly prompt: string;
}

interface Place extends ValueContext {
  readonly root: JsonObject;
  readonly name: string;
  readonly depth: number;
}

/** Past this depth only what is required is filled in, so that a schema that names itself comes to an end. */
const deepest = 5;
/** A schema that requires itself has no finite value: here the value is cut. */
const cutAt = 40;

/** A value that fits a schema: JSON Schema, or the API's own `Schema` with its types in capitals. */
export function schemaValue(schema: JsonObject, context: ValueContext): JsonValue {
  return valueOf(schema, { ...context, root: schema, name: 'answer', depth: 0 });
}

function valueOf(given: JsonObject, place: Place): JsonValue {
  if (place.depth > cutAt) return null;
  const schema = resolveReference(given, place.root);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if ('const' in schema) return schema['const'] ?? null;
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return enumValue(schema['enum'], place);
  if (Array.isArray(choices))
    return valueOf(chooseFinite(choices, schema, place), { ...place, depth: place.depth + 1 });
  if (Array.isArray(schema['allOf']))
    return valueOf(mergeAll(schema, place.root), { ...place, depth: place.depth + 1 });
  const type = typeOf(schema);
  if (place.depth > deepest && schema['nullable'] === true) return null;
  if (type === 'object') return objectValue(schema, place);
  if (type === 'array') return arrayValue(schema, place);
  if (type === 'number' || type === 'integer') return schemaNumber(schema, type, place.random, place.prompt);
  if (type === 'boolean') return place.random() < 0.5;
  if (type === 'null') return null;
  return schemaString(schema, place.name, place);
}

function typeOf(schema: JsonObject): string {
  const listed = Array.isArray(schema['type']) ? schema['type'].find((type) => type !== 'null') : schema['type'];
  if (typeof listed === 'string') return listed.toLowerCase();
  if ('properties' in schema) return 'object';
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'string';
}

function enumValue(values: readonly JsonValue[], { prompt, random }: Place): JsonValue {
  const lower = prompt.toLowerCase();
  const named = values.find(
    (value) => typeof value === 'string' && value !== '' && lower.includes(value.toLowerCase()),
  );
  return named ?? pick(random, values);
}

function chooseFinite(choices: readonly JsonValue[], schema: JsonObject, place: Place): JsonObject {
  const { anyOf: _, oneOf: __, ...rest } = schema;
  const options = choices.filter(isJsonObject).map((choice) => ({ ...rest, ...choice }));
  const simple = options.filter((option) => !('$ref' in option) && !('properties' in option));
  return pick(
    place.random,
    place.depth > deepest && simple.length > 0 ? simple : options.length > 0 ? options : [rest],
  );
}

function mergeAll(schema: JsonObject, root: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  const parts = (Array.isArray(allOf) ? allOf : []).filter(isJsonObject).map((part) => resolveReference(part, root));
  return parts.reduce<JsonObject>((merged, part) => {
    const properties = { ...asObject(merged['properties']), ...asObject(part['properties']) };
    const required = [...asArray(merged['required']), ...asArray(part['required'])];
    return { ...merged, ...part, ...(Object.keys(properties).length > 0 ? { properties, required } : {}) };
  }, rest);
}

function objectValue(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema['properties']);
  const required = asArray(schema['required']);
  const order = asArray(schema['propertyOrdering'])
    .map(String)
    .filter((name) => name in properties);
  const names = [...new Set([...order, ...Object.keys(properties)])];
  const wanted = names.filter((name) => required.includes(name) || place.depth <= deepest);
  return Object.fromEntries(
    wanted.map((name) => [name, valueOf(asObject(properties[name]), { ...place, name, depth: place.depth + 1 })]),
  );
}

function arrayValue(schema: JsonObject, place: Place): JsonValue {
  const prefix = asArray(schema['prefixItems']).filter(isJsonObject);
  const least = Math.max(Number(schema['minItems'] ?? 0), prefix.length);
  const most = Math.max(least, Number(schema['maxItems'] ?? Math.max(least, 3)));
  const length = place.depth > deepest ? least : Math.min(most, Math.max(least, 2 + Math.floor(place.random() * 2)));
  return Array.from({ length: Math.min(length, 1_000) }, (_, index) =>
    valueOf(prefix[index] ?? asObject(schema['items']), { ...place, depth: place.depth + 1 }),
  );
}

function resolveReference(schema: JsonObject, root: JsonObject): JsonObject {
  let current = schema;
  for (let hops = 0; hops < 20 && typeof current['$ref'] === 'string'; hops += 1) {
    const { $ref, ...rest } = current;
    const path = $ref.replace(/^#\/?/u, '').split('/').filter(Boolean);
    let target: JsonValue | undefined = root;
    for (const step of path)
      target = isJsonObject(target) ? target[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    current = { ...asObject(target), ...rest };
  }
  return current;
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function asArray(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}
