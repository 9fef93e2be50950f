import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { pick, type Random } from '../wire/random.ts';
import { topicOf } from './compose-text.ts';

/** The source of random numbers and words for a value. */
interface ValueContext {
  readonly random: Random;
  readonly prompt: string;
}

interface Place extends ValueContext {
  readonly root: JsonObject;
  readonly name: string;
  readonly depth: number;
}

/** Below this depth only required properties get a value, so that a recursive schema ends. */
const maxOptionalDepth = 5;
/** A schema that requires itself has no finite value. It is cut at this depth. */
const maxDepth = 40;

/** Returns a value that matches a schema: JSON Schema, or the API's own `Schema` with upper-case types. */
export function schemaValue(schema: JsonObject, context: ValueContext): JsonValue {
  return valueOf(schema, { ...context, root: schema, name: 'answer', depth: 0 });
}

function valueOf(given: JsonObject, place: Place): JsonValue {
  if (place.depth > maxDepth) return null;
  const schema = resolveReference(given, place.root);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if ('const' in schema) return schema['const'] ?? null;
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return enumValue(schema['enum'], place);
  if (Array.isArray(choices))
    return valueOf(chooseFinite(choices, schema, place), { ...place, depth: place.depth + 1 });
  if (Array.isArray(schema['allOf']))
    return valueOf(mergeAll(schema, place.root), { ...place, depth: place.depth + 1 });
  const type = typeOf(schema);
  if (place.depth > maxOptionalDepth && schema['nullable'] === true) return null;
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
    place.depth > maxOptionalDepth && simple.length > 0 ? simple : options.length > 0 ? options : [rest],
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
  const wanted = names.filter((name) => required.includes(name) || place.depth <= maxOptionalDepth);
  return Object.fromEntries(
    wanted.map((name) => [name, valueOf(asObject(properties[name]), { ...place, name, depth: place.depth + 1 })]),
  );
}

function arrayValue(schema: JsonObject, place: Place): JsonValue {
  const prefix = asArray(schema['prefixItems']).filter(isJsonObject);
  const min = Math.max(Number(schema['minItems'] ?? 0), prefix.length);
  const max = Math.max(min, Number(schema['maxItems'] ?? Math.max(min, 3)));
  const length =
    place.depth > maxOptionalDepth ? min : Math.min(max, Math.max(min, 2 + Math.floor(place.random() * 2)));
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

/** Returns a number within the bounds of the schema, from the prompt if one of its numbers fits. */
function schemaNumber(schema: JsonObject, type: 'number' | 'integer', random: Random, prompt: string): number {
  const step = Number(schema['multipleOf'] ?? 0) || (type === 'integer' ? 1 : 0);
  const nudge = step || 0.001;
  const [minimum, maximum] = bounds(schema, nudge);
  const fits = (value: number): boolean =>
    value >= minimum && value <= maximum && (step === 0 || Number.isInteger(Number((value / step).toFixed(9))));
  const named = (prompt.match(/-?\d{1,9}(?:\.\d{1,6})?/gu) ?? []).map(Number).find(fits);
  if (named !== undefined) return named;
  const value = minimum + random() * (maximum - minimum);
  if (step === 0) return Math.min(maximum, Math.max(minimum, Number(value.toPrecision(6))));
  const rounded = Math.ceil(minimum / step) * step + Math.floor((value - minimum) / step) * step;
  return Number((rounded > maximum ? Math.ceil(minimum / step) * step : rounded).toPrecision(12));
}

function bounds(schema: JsonObject, nudge: number): readonly [number, number] {
  const low = schema['exclusiveMinimum'] === undefined ? schema['minimum'] : Number(schema['exclusiveMinimum']) + nudge;
  const high =
    schema['exclusiveMaximum'] === undefined ? schema['maximum'] : Number(schema['exclusiveMaximum']) - nudge;
  const minimum = low === undefined ? Math.min(1, high === undefined ? 1 : Number(high) - 99) : Number(low);
  return [minimum, high === undefined ? minimum + 99 : Number(high)];
}

interface StringContext {
  readonly random: Random;
  readonly prompt: string;
}

const words = ['river', 'lantern', 'copper', 'meadow', 'signal', 'harbour', 'thread', 'window', 'garden', 'compass'];

const formats: Readonly<Record<string, (random: Random) => string>> = {
  date: (random) => `2026-${twoDigits(1 + random() * 12)}-${twoDigits(1 + random() * 28)}`,
  'date-time': (random) =>
    `2026-${twoDigits(1 + random() * 12)}-${twoDigits(1 + random() * 28)}T${twoDigits(random() * 24)}:30:00Z`,
  time: (random) => `${twoDigits(random() * 24)}:${twoDigits(random() * 60)}:00Z`,
  duration: () => 'PT15M',
  email: (random) => `${pick(random, words)}@example.com`,
  hostname: (random) => `${pick(random, words)}.example.com`,
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
  uri: (random) => `https://example.com/${pick(random, words)}`,
  uuid: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
};

/** Returns a string of the format and length of the schema. Names and places come from the prompt. Ignores `pattern`. */
function schemaString(schema: JsonObject, name: string, { random, prompt }: StringContext): string {
  const format = formats[textOr(schema['format'], '')];
  const text = format === undefined ? wordsFor(name, prompt, random) : format(random);
  const min = Number(schema['minLength'] ?? 0);
  const max = Number(schema['maxLength'] ?? Math.max(min, text.length));
  const padded =
    text.length >= min ? text : `${text}${` ${pick(random, words)}`.repeat(Math.min(min, 10_000))}`.slice(0, min);
  return padded.slice(0, max);
}

function wordsFor(name: string, prompt: string, random: Random): string {
  const proper = prompt.match(/(?<=\s)\p{Lu}[\p{L}'-]+(?:\s\p{Lu}[\p{L}'-]+)*/gu) ?? [];
  if (/name|city|place|location|country|person|author|title|from|to|who|where/iu.test(name) && proper.length > 0)
    return pick(random, proper);
  if (/id$/iu.test(name)) return hex(random, 8);
  if (/description|text|summary|answer|reason|query|explanation|step/iu.test(name)) return `About ${topicOf(prompt)}`;
  return pick(random, words);
}

function twoDigits(value: number): string {
  return `${Math.floor(value)}`.padStart(2, '0');
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}
