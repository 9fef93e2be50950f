import type * as zod from 'zod';
import type { ObjectIssue } from '../errors.ts';
import { fitSchema } from './fit-schema.ts';

/** A schema in both forms: as JSON Schema for the model, and as a function that checks the answer. */
export interface ReadSchema {
  /** With the keywords that the API takes. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** With all keywords. */
  readonly fullSchema: Readonly<Record<string, unknown>>;
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
  const fullSchema = isStandard ? jsonSchemaOf(schema as ObjectSchema) : (schema as Record<string, unknown>);
  const { schema: jsonSchema } = fitSchema(fullSchema);
  const standard = isStandard ? (schema as ObjectSchema)['~standard'] : standardOf(fullSchema, jsonSchema);
  return {
    jsonSchema,
    fullSchema,
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

// Zod does not read all of JSON Schema. The fitted schema is looser, and it reads that.
function standardOf(fullSchema: object, fittedSchema: object): ObjectSchema['~standard'] {
  const conversion = loadZodConversion();
  try {
    return conversion.fromJsonSchema(fullSchema)['~standard'];
  } catch {
    // Tried once more below.
  }
  try {
    return conversion.fromJsonSchema(fittedSchema)['~standard'];
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
  const { createRequire } = process.getBuiltinModule('node:module');
  const { toJSONSchema, fromJSONSchema } = createRequire(import.meta.url)('zod') as typeof zod;
  loaded = {
    toJsonSchema: (schema) => toJSONSchema(schema as zod.ZodType, { io: 'input' }),
    fromJsonSchema: (jsonSchema) => fromJSONSchema(jsonSchema as Parameters<typeof fromJSONSchema>[0]),
  };
  return loaded;
}
