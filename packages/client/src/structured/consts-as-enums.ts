type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema, a list of schemas, and schemas by name. */
const single = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'] as const;
const listed = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const named = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'] as const;

/**
 * The same schema with each `const` of a text or a number as an `enum` of one. Gemini's documentation of
 * `responseJsonSchema` lists `enum` and not `const`, and a union is told apart by exactly these.
 */
export function constsAsEnums(schema: Schema): Schema {
  const result: Record<string, unknown> = { ...schema };
  const { const: only } = schema;
  if (typeof only === 'string' || typeof only === 'number') {
    delete result['const'];
    result['enum'] ??= [only];
  }
  for (const name of single) if (name in schema) result[name] = convert(schema[name]);
  for (const name of listed) {
    const list = schema[name];
    if (Array.isArray(list)) result[name] = list.map(convert);
  }
  for (const name of named) {
    const schemas = schema[name];
    if (!isSchema(schemas)) continue;
    result[name] = Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, convert(value)]));
  }
  return result;
}

function convert(schema: unknown): unknown {
  return isSchema(schema) ? constsAsEnums(schema) : schema;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
