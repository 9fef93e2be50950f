/** Where in a value strings may be seen before they are whole. */
export interface StringGrowth {
  /** Whether a string at this place may grow: no schema says anything of its form. */
  readonly grows: boolean;
  property(key: string): StringGrowth;
  item(index: number): StringGrowth;
}

type Schema = Readonly<Record<string, unknown>>;

/** The keywords that only whole strings can satisfy. */
const formKeywords = ['enum', 'const', 'format', 'pattern', 'contentEncoding', 'contentMediaType'] as const;
const combining = ['anyOf', 'oneOf', 'allOf'] as const;
const conditional = ['if', 'then', 'else', 'not'] as const;

/**
 * Reads from a JSON Schema where strings may grow. The beginning of a date, of an enum's value or of what a pattern
 * describes is a wrong value; the beginning of free text is not. Where several schemas may apply, each must allow it.
 */
export function stringGrowth(schema: unknown): StringGrowth {
  return growthOf([schema], schema);
}

function growthOf(schemas: readonly unknown[], root: unknown): StringGrowth {
  const applicable = applicableSchemas(schemas, root);
  const known = new Map<string, StringGrowth>();
  const remember = (name: string, subschemas: () => readonly unknown[]): StringGrowth => {
    const growth = known.get(name) ?? growthOf(subschemas(), root);
    known.set(name, growth);
    return growth;
  };
  return {
    grows: applicable !== undefined && !applicable.some((schema) => formKeywords.some((name) => name in schema)),
    property(key) {
      const isNamed = applicable?.some((schema) => isNamedBy(schema, key)) ?? false;
      // All keys without a name share one entry: a record may have many.
      return remember(isNamed ? `.${key}` : '*', () =>
        applicable === undefined ? unknownSchemas : applicable.flatMap((schema) => schemasOfProperty(schema, key)),
      );
    },
    item(index) {
      const longest = Math.max(0, ...(applicable ?? []).map((schema) => prefixItems(schema).length));
      return remember(`[${Math.min(index, longest)}`, () =>
        applicable === undefined ? unknownSchemas : applicable.map((schema) => schemaOfItem(schema, index)),
      );
    },
  };
}

/** Stands for a schema that cannot be read: nothing below it grows. */
const unknownSchemas: readonly unknown[] = [{ $ref: 'unknown' }];

/** All schemas that may speak of a value; `undefined` where one of them cannot be read. */
function applicableSchemas(schemas: readonly unknown[], root: unknown): Schema[] | undefined {
  const found = new Set<Schema>();
  const waiting = [...schemas];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (!isSchema(next) || found.has(next)) continue;
    found.add(next);
    for (const name of combining) if (Array.isArray(next[name])) waiting.push(...(next[name] as unknown[]));
    for (const name of conditional) waiting.push(next[name]);
    if (isSchema(next['dependentSchemas'])) waiting.push(...Object.values(next['dependentSchemas']));
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
  const patterns = isSchema(patternProperties) ? Object.values(patternProperties) : [];
  const named = isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return [named, ...patterns];
}

function isNamedBy({ properties }: Schema, key: string): boolean {
  return isSchema(properties) && Object.hasOwn(properties, key);
}

function schemaOfItem(schema: Schema, index: number): unknown {
  const first = prefixItems(schema);
  if (index < first.length) return first[index];
  return Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items'];
}

/** The schemas of the first items; before draft 2020-12 they stood in `items`. */
function prefixItems(schema: Schema): readonly unknown[] {
  const list = schema['prefixItems'] ?? schema['items'];
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** The schema that a reference into the same document names (RFC 6901). */
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

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
