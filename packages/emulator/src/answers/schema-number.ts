import type { JsonObject } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';

/** A number within the schema's bounds; one that the prompt names where it fits. */
export function schemaNumber(schema: JsonObject, type: 'number' | 'integer', random: Random, prompt: string): number {
  const step = Number(schema['multipleOf'] ?? 0) || (type === 'integer' ? 1 : 0);
  const nudge = step || 0.001;
  const [minimum, maximum] = bounds(schema, nudge);
  const fits = (value: number): boolean =>
    value >= minimum && value <= maximum && (step === 0 || Number.isInteger(Number((value / step).toFixed(9))));
  const named = (prompt.match(/-?\d{1,9}(?:\.\d{1,6})?/gu) ?? []).map(Number).find(fits);
  if (named !== undefined) return named;
  const value = minimum + random() * (maximum - minimum);
  if (step === 0) return Math.min(maximum, Math.max(minimum, Number(value.toPrecision(6))));
  const rounded = Math.ceil(minimum / step) * step + Math.floor((value - minimum) / step) * step;
  return Number((rounded > maximum ? Math.ceil(minimum / step) * step : rounded).toPrecision(12));
}

function bounds(schema: JsonObject, nudge: number): readonly [number, number] {
  const low = schema['exclusiveMinimum'] === undefined ? schema['minimum'] : Number(schema['exclusiveMinimum']) + nudge;
  const high =
    schema['exclusiveMaximum'] === undefined ? schema['maximum'] : Number(schema['exclusiveMaximum']) - nudge;
  const minimum = low === undefined ? Math.min(1, high === undefined ? 1 : Number(high) - 99) : Number(low);
  return [minimum, high === undefined ? minimum + 99 : Number(high)];
}
