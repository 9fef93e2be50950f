import { createRequire } from 'node:module';
import type * as zod from 'zod';
import type { ObjectSchema } from './object-schema.ts';

/** Between zod's schemas and JSON Schema. */
export interface ZodConversion {
  toJsonSchema(schema: object): unknown;
  fromJsonSchema(jsonSchema: object): ObjectSchema;
}

let loaded: ZodConversion | undefined;

/** Loaded for plain JSON Schemas and for schemas that do not convert themselves: it takes 40 ms. */
export function loadZodConversion(): ZodConversion {
  if (loaded !== undefined) return loaded;
  const { toJSONSchema, fromJSONSchema } = createRequire(import.meta.url)('zod') as typeof zod;
  loaded = {
    toJsonSchema: (schema) => toJSONSchema(schema as zod.ZodType, { io: 'input' }),
    fromJsonSchema: (jsonSchema) => fromJSONSchema(jsonSchema as Parameters<typeof fromJSONSchema>[0]),
  };
  return loaded;
}
