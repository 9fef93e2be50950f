import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { JsonBuilder, type JsonValue } from '../src/objects/json-builder.ts';
import { StringGrowth } from '../src/objects/string-growth.ts';

/** What an answer that was cut inside its last string shows. */
const shown = (schema: unknown, cut: string): JsonValue | undefined => {
  const builder = new JsonBuilder(StringGrowth.of(schema));
  builder.push(cut);
  return builder.partial();
};

describe('a string that is not whole yet', () => {
  it.for<[string, unknown]>([
    ['no schema', true],
    ['a schema that says nothing', {}],
    ['text', { type: 'string' }],
    ['text of some length', { type: 'string', minLength: 1, maxLength: 100 }],
    ['text or null', { type: ['string', 'null'] }],
    ['text or a number', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['text by reference', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } }],
    ['what refers to itself', { anyOf: [{ $ref: '#' }, { type: 'string' }] }],
  ])('is shown where the schema is %s', ([, schema]) => {
    expect(shown(schema, '"hal')).toBe('hal');
  });

  it.for<[string, unknown]>([
    ['an enum', { enum: ['half', 'hal'] }],
    ['a constant', { const: 'half' }],
    ['a format', { type: 'string', format: 'date-time' }],
    ['a pattern', { type: 'string', pattern: '^h' }],
    ['encoded', { type: 'string', contentEncoding: 'base64' }],
    ['perhaps an enum', { anyOf: [{ type: 'string' }, { enum: ['half'] }] }],
    ['also a format', { allOf: [{ type: 'string' }, { oneOf: [{ format: 'uri' }] }] }],
    ['on some condition an enum', { type: 'string', if: { minLength: 3 }, else: { enum: ['half'] } }],
    ['by reference an enum', { $ref: '#/$defs/side', $defs: { side: { enum: ['half'] } } }],
    ['by a reference that leads nowhere', { $ref: '#/$defs/side' }],
    ['by a reference to elsewhere', { $ref: 'https://schemas.example/side' }],
    ['by an anchor', { $ref: '#side', $defs: { side: { $anchor: 'side', type: 'string' } } }],
    ['by a dynamic reference', { $dynamicRef: '#side' }],
  ])('is not shown where the schema is %s', ([, schema]) => {
    expect(shown(schema, '"hal')).toBeUndefined();
    expect(shown({ items: schema }, '["hal')).toEqual([]);
    expect(shown({ items: schema }, '["half"')).toEqual(['half']);
  });

  it('is judged by the schema of its own place', () => {
    const schema = {
      properties: {
        free: { type: 'string' },
        set: { enum: ['a'] },
        list: { prefixItems: [{ enum: ['a'] }], items: { type: 'string' } },
        older: { items: [{ enum: ['a'] }], additionalItems: { format: 'date' } },
        deep: { additionalProperties: { additionalProperties: { format: 'date' } } },
        matched: { patternProperties: { '^x': { enum: ['a'] } } },
      },
      additionalProperties: { format: 'date' },
    };
    for (const [cut, value] of [
      ['{"free":"a', { free: 'a' }],
      ['{"set":"a', {}],
      ['{"list":["a', { list: [] }],
      ['{"list":["a","b', { list: ['a', 'b'] }],
      ['{"older":["a', { older: [] }],
      ['{"older":["a","b', { older: ['a'] }],
      ['{"deep":{"x":{"y":"a', { deep: { x: {} } }],
      ['{"matched":{"xy":"a', { matched: {} }],
      ['{"other":"a', {}],
      ['{"toString":"a', {}],
    ] as const) {
      expect(shown(schema, cut)).toEqual(value);
    }
  });

  it('is judged by what zod writes of its own schemas', () => {
    const tree = z.object({
      label: z.string().min(1),
      id: z.uuid(),
      state: z.literal(['on', 'off']),
      get children() {
        return z.array(tree);
      },
    });
    const schema = z.toJSONSchema(tree);
    expect(shown(schema, '{"label":"a')).toEqual({ label: 'a' });
    expect(shown(schema, '{"children":[{"children":[{"label":"a')).toEqual({
      children: [{ children: [{ label: 'a' }] }],
    });
    expect(shown(schema, '{"children":[{"id":"a')).toEqual({ children: [{}] });
    expect(shown(schema, '{"children":[{"state":"o')).toEqual({ children: [{}] });
  });
});
