import type * as zod from 'zod';
import { createRequire } from 'node:module';
import type { ObjectIssue } from '../errors.ts';
import { isRecord } from '../wire/guard.ts';

/** A schema in both forms: as JSON Schema for the model, and as a function that checks the answer. */
export interface ReadSchema {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  validate(value: unknown): Promise<{ readonly value: unknown } | { readonly issues: readonly ObjectIssue[] }>;
}

/**
 * Reads a schema.
 * @throws TypeError if it is not a schema, cannot be converted to JSON Schema, or cannot be used for validation
 */
export function readSchema(schema: unknown): ReadSchema {
  if (typeof schema === 'function' ? !('~standard' in schema) : typeof schema !== 'object' || schema === null) {
    throw new TypeError(
      `schema: expected a zod schema or a JSON Schema, got ${schema === null ? 'null' : typeof schema}`,
    );
  }
  const isStandard = '~standard' in (schema as object);
  const standard = isStandard ? (schema as ObjectSchema)['~standard'] : standardOf(schema as object);
  // The API's documentation does not list `$schema` among the fields that it takes.
  const { $schema: _dialect, ...jsonSchema } = isStandard
    ? jsonSchemaOf(schema as ObjectSchema)
    : (schema as Record<string, unknown>);
  return {
    jsonSchema: constsAsEnums(jsonSchema),
    async validate(value) {
      const result = await standard.validate(value);
      return result.issues === undefined ? { value: result.value } : { issues: result.issues.map(issueOf) };
    },
  };
}

function jsonSchemaOf(schema: ObjectSchema): Readonly<Record<string, unknown>> {
  const { jsonSchema, vendor } = schema['~standard'];
  try {
    if (jsonSchema !== undefined) return asRecord(jsonSchema.input({ target: 'draft-2020-12' }));
    // A schema of zod/mini, or of an older zod 4: it does not convert itself.
    if ('_zod' in schema) return asRecord(loadZodConversion().toJsonSchema(schema));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`schema: expected a schema that converts to JSON Schema: ${reason}`, { cause });
  }
  throw new TypeError(
    `schema: expected a schema that converts to JSON Schema, such as one of zod 4, got one of ${vendor}`,
  );
}

function standardOf(jsonSchema: object): ObjectSchema['~standard'] {
  try {
    return loadZodConversion().fromJsonSchema(jsonSchema)['~standard'];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`schema: expected a JSON Schema that can be checked: ${reason}`, { cause });
  }
}

function asRecord(jsonSchema: unknown): Readonly<Record<string, unknown>> {
  if (typeof jsonSchema === 'object' && jsonSchema !== null) return jsonSchema as Record<string, unknown>;
  throw new TypeError(`a JSON Schema is an object, and this is ${String(jsonSchema)}`);
}

function issueOf({ path = [], message }: StandardIssue): ObjectIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return { path: keys.map((key) => (typeof key === 'number' ? key : String(key))), message };
}

/**
 * A schema of zod, or of another library that implements Standard Schema (https://standardschema.dev). `Input` is the
 * type that the model writes, `Output` the type after the schema's defaults and transformations.
 */
export interface ObjectSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: { readonly input: (options: { readonly target: 'draft-2020-12' }) => unknown } | undefined;
  };
}

/** A plain JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>> & { readonly '~standard'?: never };

type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** An issue in the form of Standard Schema. */
interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Conversion between zod's schemas and JSON Schema. */
interface ZodConversion {
  toJsonSchema(schema: object): unknown;
  fromJsonSchema(jsonSchema: object): ObjectSchema;
}

let loaded: ZodConversion | undefined;

/** Loads zod for plain JSON Schemas and for schemas that do not convert themselves: loading it takes 40 ms. */
function loadZodConversion(): ZodConversion {
  if (loaded !== undefined) return loaded;
  const { toJSONSchema, fromJSONSchema } = createRequire(import.meta.url)('zod') as typeof zod;
  loaded = {
    toJsonSchema: (schema) => toJSONSchema(schema as zod.ZodType, { io: 'input' }),
    fromJsonSchema: (jsonSchema) => fromJSONSchema(jsonSchema as Parameters<typeof fromJSONSchema>[0]),
  };
  return loaded;
}

type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'] as const;
const listed = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const named = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'] as const;

/**
 * Returns the same schema with each `const` of a string or a number as an `enum` of one value. Gemini's documentation of
 * `responseJsonSchema` lists `enum` but not `const`, which is how the members of a union differ.
 */
function constsAsEnums(schema: Schema): Schema {
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
    if (!isRecord(schemas)) continue;
    result[name] = Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, convert(value)]));
  }
  return result;
}

function convert(schema: unknown): unknown {
  return isRecord(schema) ? constsAsEnums(schema) : schema;
}
