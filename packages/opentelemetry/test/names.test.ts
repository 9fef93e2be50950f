import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';
import {
  attribute,
  contentVariable,
  event,
  metric,
  operation,
  own,
  provider,
  secondsBuckets,
  tokenBuckets,
} from '../src/names.ts';

const published = new Set<unknown>(Object.values(conventions));

it.for([attribute, metric, event, operation, provider].flatMap((names) => Object.values(names)))(
  '%s is a name of the conventions',
  (name) => {
    expect(published).toContain(name);
  },
);

it('our own names are not', () => {
  for (const name of Object.values(own)) expect(published).not.toContain(name);
  expect(contentVariable).toMatch(/^OTEL_INSTRUMENTATION_GENAI_/);
});

it('the buckets are those of the conventions', () => {
  expect(secondsBuckets).toHaveLength(14);
  expect(secondsBuckets.at(-1)).toBe(81.92);
  expect(tokenBuckets).toHaveLength(14);
  expect(tokenBuckets.at(-1)).toBe(67_108_864);
});
