import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { JsonBuilder, type JsonValue } from '../src/objects/json-builder.ts';
import { StringGrowth } from '../src/objects/string-growth.ts';

/** Returns the partial value of an answer that was cut inside its last string. */
const shown = (schema: unknown, cut: string): JsonValue | undefined => {
  const builder = new JsonBuilder(StringGrowth.of(schema));
  builder.push(cut);
  return builder.partial();
};

describe('an incomplete string', () => {
  it.for<[string, unknown]>([
    ['no schema', true],
    ['empty', {}],
    ['text', { type: 'string' }],
    ['text of some length', { type: 'string', minLength: 1, maxLength: 100 }],
    ['text or null', { type: ['string', 'null'] }],
    ['text or a number', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['text by reference', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } }],
    ['a reference to itself', { anyOf: [{ $ref: '#' }, { type: 'string' }] }],
  ])('an incomplete string is shown if the schema is %s', ([, schema]) => {
    expect(shown(schema, '"hal')).toBe('hal');
  });

  it.for<[string, unknown]>([
    ['an enum', { enum: ['half', 'hal'] }],
    ['a constant', { const: 'half' }],
    ['a format', { type: 'string', format: 'date-time' }],
    ['a pattern', { type: 'string', pattern: '^h' }],
    ['encoded', { type: 'string', contentEncoding: 'base64' }],
    ['perhaps an enum', { anyOf: [{ type: 'string' }, { enum: ['half'] }] }],
    ['text with a format', { allOf: [{ type: 'string' }, { oneOf: [{ format: 'uri' }] }] }],
    ['an enum on a condition', { type: 'string', if: { minLength: 3 }, else: { enum: ['half'] } }],
    ['an enum by reference', { $ref: '#/$defs/side', $defs: { side: { enum: ['half'] } } }],
    ['a reference to a missing schema', { $ref: '#/$defs/side' }],
    ['a reference to another document', { $ref: 'https://schemas.example/side' }],
    ['a reference to an anchor', { $ref: '#side', $defs: { side: { $anchor: 'side', type: 'string' } } }],
    ['a dynamic reference', { $dynamicRef: '#side' }],
  ])('an incomplete string is not shown if the schema is %s', ([, schema]) => {
    expect(shown(schema, '"hal')).toBeUndefined();
    expect(shown({ items: schema }, '["hal')).toEqual([]);
    expect(shown({ items: schema }, '["half"')).toEqual(['half']);
  });

  it('an incomplete string is judged by the schema of its path', () => {
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

  it('an incomplete string is judged by the JSON Schema that zod generates', () => {
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
