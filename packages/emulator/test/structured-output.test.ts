import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaValue } from '../src/answers/schema-value.ts';
import { type JsonObject, type JsonValue, textOr } from '../src/wire/json.ts';
import { createRandom } from '../src/wire/random.ts';

const context = (seed: number): { random: () => number; prompt: string } => ({
  random: createRandom(seed),
  prompt: 'Plan 3 days in Lisbon',
});

/** An independent check of the few keywords of JSON Schema that the generated schemas use. */
function fits(schema: JsonObject, value: JsonValue | undefined): boolean {
  const number = (name: string, otherwise: number): number => Number(schema[name] ?? otherwise);
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value);
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as JsonObject[]).some((choice) => fits(choice, value));
  switch (textOr(schema['type'], '').toLowerCase()) {
    case 'string':
      return (
        typeof value === 'string' &&
        value.length >= number('minLength', 0) &&
        value.length <= number('maxLength', Infinity)
      );
    case 'integer':
      return (
        Number.isInteger(value) &&
        Number(value) >= number('minimum', -Infinity) &&
        Number(value) <= number('maximum', Infinity)
      );
    case 'number':
      return typeof value === 'number' && value >= number('minimum', -Infinity) && value <= number('maximum', Infinity);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return (
        Array.isArray(value) &&
        value.length >= number('minItems', 0) &&
        value.length <= number('maxItems', Infinity) &&
        value.every((item: JsonValue) => fits(schema['items'] as JsonObject, item))
      );
    default: {
      const properties = schema['properties'] as Record<string, JsonObject>;
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const own = value as JsonObject;
      return (
        (schema['required'] as string[]).every((name) => name in own) &&
        // What a schema does not name may be anything.
        Object.entries(own).every(([name, each]) => {
          const property = properties[name];
          return property === undefined || fits(property, each);
        })
      );
    }
  }
}

const range = (low: string, high: string, most: number): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(fc.nat(most), fc.nat(most), fc.boolean())
    .map(([a, b, isSet]) => (isSet ? { [low]: Math.min(a, b), [high]: Math.max(a, b) } : {}));

const none: JsonObject = { type: 'OBJECT', properties: {}, required: [] };
/** A value that fits the second choice is checked against the first one first. */
const choiceOfObjects: JsonObject = {
  anyOf: [none, { type: 'OBJECT', properties: { a: none }, required: [] }, { type: 'STRING' }],
};

const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'schema' },
    range('minLength', 'maxLength', 60).map((bounds) => ({ type: 'STRING', ...bounds })),
    range('minimum', 'maximum', 1_000).map((bounds) => ({ type: 'integer', ...bounds })),
    range('minimum', 'maximum', 1_000).map((bounds) => ({ type: 'NUMBER', ...bounds })),
    fc.constant({ type: 'boolean' }),
    fc.array(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => ({ type: 'STRING', enum: values })),
    fc
      .tuple(tie('schema'), range('minItems', 'maxItems', 6))
      .map(([items, bounds]) => ({ type: 'ARRAY', items, ...bounds })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,8}$/u), tie('schema'), { maxKeys: 4 })
      .chain((properties) =>
        fc
          .subarray(Object.keys(properties))
          .map((required) => ({ type: 'OBJECT', properties: { ...properties }, required })),
      ),
  ),
}));

describe('structured answers', () => {
  it('a structured answer fits any schema', () => {
    fc.assert(
      fc.property(schema, fc.nat(), (wanted, seed) => fits(wanted, schemaValue(wanted, context(seed)))),
      {
        numRuns: 300,
        examples: [[{ type: 'OBJECT', properties: { a: choiceOfObjects }, required: [] }, 785_685_350]],
      },
    );
    expect(fits({ type: 'string', maxLength: 1 }, 'ab')).toBe(false);
  });

  it('a structured answer follows references, ends for a recursive schema, and keeps the given order', () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { label: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['label'],
        },
      },
    };
    expect(schemaValue(tree, context(1))).toHaveProperty('label');
    const ordered = {
      type: 'OBJECT',
      properties: { a: { type: 'STRING' }, b: { type: 'STRING' } },
      propertyOrdering: ['b', 'a'],
    };
    expect(Object.keys(schemaValue(ordered, context(1)) as object)).toEqual(['b', 'a']);
  });

  it.for([
    [{ type: 'string', format: 'date-time' }, /^\d{4}-\d\d-\d\dT/u],
    [{ type: 'string', format: 'uuid' }, /^[\da-f]{8}-/u],
    [{ const: 'fixed' }, /^fixed$/u],
    [{ type: ['string', 'null'] }, /./u],
    [{ allOf: [{ type: 'string' }, { minLength: 30 }] }, /.{30}/u],
  ] as const)('a structured answer fits %j', ([wanted, expected]) => {
    expect(schemaValue(wanted, context(3))).toMatch(expected);
  });
});
