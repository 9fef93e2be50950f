import { constsAsEnums } from './consts-as-enums.ts';
import { loadZodConversion } from './load-zod-conversion.ts';
import type { ObjectIssue, ObjectSchema, StandardIssue } from './object-schema.ts';

/** A schema as the two sides need it: the model a JSON Schema, we something to check its answer with. */
export interface ReadSchema {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  validate(value: unknown): Promise<{ readonly value: unknown } | { readonly issues: readonly ObjectIssue[] }>;
}

/**
 * Reads a schema.
 * @throws TypeError for what is none, and for one that cannot be said as a JSON Schema, or checked from one
 */
export function readSchema(schema: unknown): ReadSchema {
  if (typeof schema === 'function' ? !('~standard' in schema) : typeof schema !== 'object' || schema === null) {
    throw new TypeError(
      `schema: expected a zod schema or a JSON Schema, got ${schema === null ? 'null' : typeof schema}`,
    );
  }
  const isStandard = '~standard' in (schema as object);
  const standard = isStandard ? (schema as ObjectSchema)['~standard'] : standardOf(schema as object);
  // The dialect's name is ours to know: the API does not list it among what it takes.
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
    throw new TypeError(`schema: expected one that JSON Schema can say: ${reason}`, { cause });
  }
  throw new TypeError(`schema: expected one that converts to JSON Schema, such as zod 4's, got one of ${vendor}`);
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
