import { isRecord } from '../wire/guard.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The keywords that only whole strings can satisfy. */
const formKeywords = ['enum', 'const', 'format', 'pattern', 'contentEncoding', 'contentMediaType'] as const;
const combining = ['anyOf', 'oneOf', 'allOf'] as const;
const conditional = ['if', 'then', 'else', 'not'] as const;

/**
 * The places in a value whose strings may be shown before they are whole, read from a JSON Schema. The beginning of a
 * date, of an enum's value or of a text with a pattern is a wrong value; the beginning of free text is not. If several
 * schemas may apply, each must allow it.
 */
export class StringGrowth {
  /** Whether a string at this place may grow: no schema restricts its form. */
  readonly grows: boolean;
  readonly #root: unknown;
  readonly #applicable: readonly Schema[] | undefined;
  readonly #known = new Map<string, StringGrowth>();

  private constructor(schemas: readonly unknown[], root: unknown) {
    const applicable = applicableSchemas(schemas, root);
    this.grows = applicable !== undefined && !applicable.some((schema) => formKeywords.some((name) => name in schema));
    this.#root = root;
    this.#applicable = applicable;
  }

  /** Reads the schema of a whole value. */
  static of(schema: unknown): StringGrowth {
    return new StringGrowth([schema], schema);
  }

  property(key: string): StringGrowth {
    const isNamed = this.#applicable?.some((schema) => isNamedBy(schema, key)) ?? false;
    // All keys without a name share one entry: a record may have many.
    return this.#at(isNamed ? `.${key}` : '*', (schema) => schemasOfProperty(schema, key));
  }

  item(index: number): StringGrowth {
    const longest = Math.max(0, ...(this.#applicable ?? []).map((schema) => prefixItems(schema).length));
    return this.#at(`[${Math.min(index, longest)}`, (schema) => [schemaOfItem(schema, index)]);
  }

  #at(name: string, subschemas: (schema: Schema) => readonly unknown[]): StringGrowth {
    let growth = this.#known.get(name);
    if (growth === undefined) {
      growth = new StringGrowth(this.#applicable?.flatMap(subschemas) ?? unreadable, this.#root);
      this.#known.set(name, growth);
    }
    return growth;
  }
}

/** Stands for the schemas of a place if they cannot be read: no string below it grows. */
const unreadable: readonly unknown[] = [{ $ref: 'unknown' }];

/** Returns all schemas that may apply to a value, or `undefined` if one of them cannot be read. */
function applicableSchemas(schemas: readonly unknown[], root: unknown): Schema[] | undefined {
  const found = new Set<Schema>();
  const waiting = [...schemas];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (!isRecord(next) || found.has(next)) continue;
    found.add(next);
    for (const name of combining) if (Array.isArray(next[name])) waiting.push(...(next[name] as unknown[]));
    for (const name of conditional) waiting.push(next[name]);
    if (isRecord(next['dependentSchemas'])) waiting.push(...Object.values(next['dependentSchemas']));
    if ('$dynamicRef' in next) return undefined;
    if (!('$ref' in next)) continue;
    const target = resolveReference(next['$ref'], root);
    if (target === undefined) return undefined;
    waiting.push(target);
  }
  return [...found];
}

function schemasOfProperty(schema: Schema, key: string): unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const patterns = isRecord(patternProperties) ? Object.values(patternProperties) : [];
  const named = isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return [named, ...patterns];
}

function isNamedBy({ properties }: Schema, key: string): boolean {
  return isRecord(properties) && Object.hasOwn(properties, key);
}

function schemaOfItem(schema: Schema, index: number): unknown {
  const first = prefixItems(schema);
  if (index < first.length) return first[index];
  return Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items'];
}

/** Returns the schemas of the first items. Before draft 2020-12 they were in `items`. */
function prefixItems(schema: Schema): readonly unknown[] {
  const list = schema['prefixItems'] ?? schema['items'];
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** Returns the schema that a reference into the same document names (RFC 6901). */
function resolveReference(reference: unknown, root: unknown): unknown {
  if (reference === '#') return root;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  let target: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) return undefined;
    target = (target as Record<string, unknown>)[name];
  }
  return target;
}
