import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { instrumentGemini } from '@gemini/opentelemetry';
import { metrics as globalMetrics } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { createTelemetry, instrumented } from './telemetry.ts';

const secondsBounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokenBounds = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

it('metrics have the names, units, buckets and attributes of the conventions', async () => {
  using telemetry = instrumented();
  await using emulator = await createEmulator();
  const stream = createGemini({ baseUrl: emulator.url }).stream('hi', { rawChunks: true, conversationId: 'talk-1' });
  let chunksCount = 0;
  for await (const event of stream) chunksCount += event.type === 'chunk' ? 1 : 0;
  const { usage, response } = await stream.outcome;
  const { hostname, port } = new URL(emulator.url);
  const shared = {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': 'gcp.gemini',
    'gen_ai.request.model': 'gemini-flash-latest',
    'gen_ai.response.model': response.modelVersion,
    'server.address': hostname,
    'server.port': Number(port),
  };
  const metrics = await telemetry.metrics();
  const seen = [...metrics].map(([name, { descriptor, points }]) => ({
    name,
    unit: descriptor.unit,
    bounds: (points[0]?.value as Histogram | undefined)?.buckets?.boundaries,
    count: points.map(({ value }) => (typeof value === 'number' ? value : value.count)),
    attributes: points.map((point) => point.attributes),
  }));
  const tokens = ['input', 'output'].map((type) => ({ ...shared, 'gen_ai.token.type': type }));
  const one = { unit: 's', bounds: secondsBounds, count: [1], attributes: [shared] };
  const verdict = { 'gemini.stream.ended_by': 'end', 'gemini.stream.verdict': stream.verdict().kind };
  expect(seen).toEqual([
    { name: 'gen_ai.client.operation.duration', ...one },
    { name: 'gen_ai.client.operation.time_to_first_chunk', ...one },
    { name: 'gen_ai.client.operation.time_per_output_chunk', ...one, count: [chunksCount - 1] },
    { name: 'gen_ai.client.token.usage', unit: '{token}', bounds: tokenBounds, count: [1, 1], attributes: tokens },
    {
      name: 'gemini.client.stream.ends',
      unit: '{stream}',
      bounds: undefined,
      count: [1],
      attributes: [{ ...shared, ...verdict }],
    },
  ]);
  const sums = metrics.get('gen_ai.client.token.usage')?.points.map(({ value }) => (value as Histogram).sum);
  expect(sums).toEqual([usage?.promptTokenCount, usage?.candidatesTokenCount]);
  expect(chunksCount).toBeGreaterThan(3);
});

it('a failed stream counts by its error, and its resends by their kind', async () => {
  using telemetry = instrumented();
  await using emulator = await createEmulator({ scenario: 'always-unavailable' });
  const retry = { maxAttempts: 3, baseDelayMs: 0 };
  await createGemini({ baseUrl: emulator.url, retry }).stream('hi').outcome;
  const metrics = await telemetry.metrics();
  const [resends] = metrics.get('gemini.client.stream.resends')?.points ?? [];
  expect(resends?.value).toBe(2);
  expect(resends?.attributes).toMatchObject({ 'gemini.stream.resend.kind': 'retry', 'error.type': '503' });
  const [duration] = metrics.get('gen_ai.client.operation.duration')?.points ?? [];
  expect(duration?.attributes['error.type']).toBe('503');
  expect(metrics.get('gen_ai.client.operation.time_to_first_chunk')).toBeUndefined();
});

it('metrics go to a global provider that is set after the instrumentation', async () => {
  const instrumentation = instrumentGemini();
  await using emulator = await createEmulator();
  await createGemini({ baseUrl: emulator.url }).stream('before').text();
  const telemetry = createTelemetry();
  globalMetrics.setGlobalMeterProvider(telemetry.providers.meterProvider);
  await createGemini({ baseUrl: emulator.url }).stream('hi').text();
  instrumentation.disable();
  globalMetrics.disable();
  expect((await telemetry.metrics()).has('gen_ai.client.operation.duration')).toBe(true);
});
