/* oxlint-disable unicorn/no-thenable -- a keyword of JSON Schema */
import { createGemini, fitSchema, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const accepted = new Set([
  'type',
  'format',
  'title',
  'description',
  'enum',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'anyOf',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
]);

/** The keywords of a schema and of all schemas in it. */
function keywordsOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  const {
    properties = {},
    anyOf = [],
    prefixItems = [],
    items,
    additionalProperties,
    ...more
  } = schema as Record<string, never>;
  for (const name of Object.keys(schema)) found.add(name);
  for (const each of [
    ...Object.values(properties),
    ...(anyOf as unknown[]),
    ...(prefixItems as unknown[]),
    items,
    additionalProperties,
  ]) {
    if (typeof each === 'object') keywordsOf(each, found);
  }
  void more;
  return found;
}

describe('fitSchema', () => {
  it.for<[name: string, schema: object, fitted: object, dropped?: readonly string[]]>([
    [
      'a reference to a property',
      { type: 'object', properties: { a: { type: 'string' }, b: { $ref: '#/properties/a' } } },
      { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
    ],
    [
      'draft-07 definitions',
      { definitions: { N: { type: 'integer' } }, type: 'array', items: { $ref: '#/definitions/N' } },
      { type: 'array', items: { type: 'integer' } },
    ],
    [
      '$defs with an escaped name',
      { $defs: { 'a/b~c': { type: 'number' } }, $ref: '#/$defs/a~1b~0c' },
      { type: 'number' },
    ],
    [
      'an anchor',
      { $defs: { a: { $anchor: 'x', type: 'string' } }, type: 'array', items: { $ref: '#x' } },
      { type: 'array', items: { type: 'string' } },
    ],
    [
      'a reference with a description',
      { $defs: { a: { type: 'string', title: 'A' } }, $ref: '#/$defs/a', description: 'd' },
      { type: 'string', title: 'A', description: 'd' },
    ],
    [
      'a foreign reference',
      { type: 'array', items: { $ref: 'https://example.com/a.json' } },
      { type: 'array', items: {} },
      ['/items/$ref'],
    ],
    [
      'if and then',
      { type: 'object', properties: { a: {} }, if: {}, then: { required: ['a'] } },
      { type: 'object', properties: { a: {} } },
      ['/if', '/then'],
    ],
    [
      'unevaluatedProperties',
      { type: 'object', unevaluatedProperties: false },
      { type: 'object' },
      ['/unevaluatedProperties'],
    ],
    [
      "Google's types",
      { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
      { type: 'object', properties: { a: { type: ['string', 'null'] } } },
    ],
    ['a const', { const: 'a' }, { enum: ['a'] }],
    ['a boolean const', { const: true }, { type: 'boolean' }, ['/const']],
    ['an enum with null', { type: 'string', enum: ['a', null] }, { type: ['string', 'null'], enum: ['a'] }],
    [
      'several types',
      { type: ['string', 'number', 'null'] },
      { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
    ],
    ['oneOf', { oneOf: [{ type: 'string' }, { type: 'number' }] }, { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: {} }, required: ['b'] },
        ],
      },
      { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a', 'b'] },
    ],
    [
      'the bounds of safe integers',
      { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
      { type: 'integer' },
    ],
    [
      'an exclusive bound of an integer',
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: 'integer', minimum: 1, maximum: 9 },
    ],
    [
      'an exclusive bound of a number',
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0 },
      ['/exclusiveMinimum'],
    ],
    ['a pattern', { type: 'string', pattern: '^a', minLength: 1 }, { type: 'string' }, ['/pattern', '/minLength']],
    [
      'propertyNames',
      { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'number' } },
      { type: 'object', additionalProperties: { type: 'number' } },
      ['/propertyNames'],
    ],
    [
      'a tuple of draft-07',
      { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    ],
    [
      'a required property that is not declared',
      { type: 'object', properties: { a: {} }, required: ['a', 'b'] },
      { type: 'object', properties: { a: {} }, required: ['a'] },
      ['/required'],
    ],
    [
      'schemas that are booleans',
      { type: 'object', properties: { a: true, b: false } },
      { type: 'object', properties: { a: {}, b: {} } },
      ['/properties/b'],
    ],
    [
      'annotations',
      { $schema: 'x', $id: 'y', $comment: 'z', type: 'string', default: 'a', examples: ['b'], description: 'd' },
      { type: 'string', description: 'd' },
    ],
    [
      'a property named like a keyword',
      { type: 'object', properties: { $ref: { type: 'string' }, pattern: { type: 'string' } } },
      { type: 'object', properties: { $ref: { type: 'string' }, pattern: { type: 'string' } } },
    ],
  ])('fits %s', ([, schema, fitted, dropped = []]) => {
    expect(fitSchema(schema)).toEqual({ schema: fitted, dropped });
  });

  it('unrolls a schema that contains itself', () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
    };
    const { schema, dropped } = fitSchema(tree);
    expect(JSON.stringify(schema).match(/"name"/g)).toHaveLength(3);
    expect(dropped).toHaveLength(1);
    expect(fitSchema({ $ref: '#' })).toEqual({ schema: {}, dropped: [''] });
  });

  it('refuses a schema that multiplies', () => {
    const $defs: Record<string, object> = { d0: { type: 'string' } };
    for (let level = 1; level <= 30; level += 1) {
      $defs[`d${level}`] = { anyOf: Array.from({ length: 10 }, () => ({ $ref: `#/$defs/d${level - 1}` })) };
    }
    expect(() => fitSchema({ $defs, $ref: '#/$defs/d30' })).toThrow('schema: expected at most 10000 schemas, got more');
  });

  it('bounds a schema that is nested very deep', () => {
    let schema: object = { type: 'string' };
    for (let level = 0; level < 50_000; level += 1) schema = { type: 'array', items: schema };
    expect(fitSchema(schema).dropped).toHaveLength(1);
  });

  it.for([null, 'a', [], true])('refuses %j', (schema) => {
    expect(() => fitSchema(schema as never)).toThrow('schema: expected a JSON Schema');
  });

  it('has only keywords that the API takes, for any input', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'oneOf',
      'allOf',
      '$ref',
      '$defs',
      'const',
      'enum',
      'not',
      'pattern',
      'required',
      'exclusiveMinimum',
      'if',
      '__proto__',
    );
    const any = fc.letrec((tie) => ({
      schema: fc.dictionary(
        keyword,
        fc.oneof(
          { maxDepth: 4 },
          fc.jsonValue({ maxDepth: 1 }),
          fc.constantFrom('#', '#/properties/a', 'OBJECT'),
          tie('schema'),
          fc.array(tie('schema'), { maxLength: 3 }),
        ),
        { maxKeys: 5 },
      ),
    })).schema;
    fc.assert(
      fc.property(any, (schema) => {
        const { schema: fitted } = fitSchema(schema);
        for (const name of keywordsOf(fitted)) expect(accepted).toContain(name);
      }),
      { numRuns: 1_000 },
    );
  });

  it("fits zod's own output", () => {
    const schema = z.object({
      age: z.int().positive(),
      tags: z.record(z.string(), z.string()),
      at: z.iso.datetime(),
      kind: z.literal('a'),
    });
    const { schema: fitted } = fitSchema(z.toJSONSchema(schema));
    for (const name of keywordsOf(fitted)) expect(accepted).toContain(name);
    expect(fitted['properties']).toMatchObject({ age: { type: 'integer', minimum: 1 }, kind: { enum: ['a'] } });
  });
});

describe('a function of an MCP server', () => {
  const inputSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    definitions: { Path: { type: 'string', pattern: '^/' } },
    properties: {
      from: { $ref: '#/definitions/Path' },
      to: { $ref: '#/properties/from' },
      mode: { enum: ['copy', 'move'] },
    },
    required: ['from', 'to'],
    if: { properties: { mode: { const: 'move' } } },
    then: { required: ['mode'] },
    unevaluatedProperties: false,
  };

  it('is declared with the keywords that the API takes, and runs', async () => {
    const script = [
      { reply: { functionCalls: [{ name: 'copy', args: { from: '/a', to: '/b' } }] }, times: 1 },
      { reply: { text: 'Done.' } },
    ];
    await using emulator = await createEmulator({ script });
    const calls: unknown[] = [];
    const copy = tool({ name: 'copy', parameters: inputSchema, execute: (args) => void calls.push(args) });
    expect(
      await createGemini({ baseUrl: emulator.url })
        .stream('hi', { tools: [copy] })
        .text(),
    ).toBe('Done.');
    expect(calls).toEqual([{ from: '/a', to: '/b' }]);
    expect(emulator.requests[0]?.body).toMatchObject({
      tools: [
        {
          functionDeclarations: [
            {
              parametersJsonSchema: {
                type: 'object',
                properties: { from: { type: 'string' }, to: { type: 'string' }, mode: { enum: ['copy', 'move'] } },
                required: ['from', 'to'],
              },
            },
          ],
        },
      ],
    });
  });

  it('still has its arguments checked', async () => {
    const script = [
      { reply: { functionCalls: [{ name: 'copy', args: { from: 5 } }] }, times: 1 },
      { reply: { text: 'Done.' } },
    ];
    await using emulator = await createEmulator({ script });
    let runs = 0;
    const copy = tool({ name: 'copy', parameters: { ...inputSchema, type: 'OBJECT' }, execute: () => (runs += 1) });
    const { turn } = await createGemini({ baseUrl: emulator.url }).stream('hi', { tools: [copy] }).outcome;
    expect(runs).toBe(0);
    expect(JSON.stringify(turn?.contents[1])).toMatch(/invalid arguments|from/);
  });
});
