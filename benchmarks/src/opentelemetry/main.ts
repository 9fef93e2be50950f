import { instrumentGemini } from '@gemini/opentelemetry';
import { context, createNoopMeter, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { median } from '../measure/interleave.ts';
import { judgeGoals } from '../measure/judge-goals.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { traceStreams } from './trace-streams.ts';

const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 5 : 21;
const streamsCount = isQuick ? 500 : 2_000;
const chunksCount = 200;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const noop = { meterProvider: { getMeter: createNoopMeter }, tracerProvider: trace.getTracerProvider() };
const sdk = { meterProvider: new MeterProvider(), tracerProvider: new BasicTracerProvider() };
/** Each setting subscribes before it is timed, and unsubscribes after. */
const settings = { 'nobody listens': undefined, 'no-op providers': noop, 'the SDK, without exporters': sdk };

/** Microseconds of one stream with so many chunks. */
function streamUs(chunks: number): number {
  const startMs = performance.now();
  traceStreams(streamsCount, chunks);
  return ((performance.now() - startMs) * 1_000) / streamsCount;
}

/** Bytes that one chunk allocates; the young generation is large enough to hold the chunks of a run. */
function chunkBytes(): number {
  const bytesOf = (count: number): number => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    traceStreams(1, count);
    return process.memoryUsage().heapUsed - before;
  };
  bytesOf(1_000);
  return median(Array.from({ length: 9 }, () => (bytesOf(5_000) - bytesOf(0)) / 5_000));
}

const costs = new Map(
  Object.keys(settings).map((name) => [name, { streams: [] as number[], chunks: [] as number[], bytes: 0 }]),
);
for (let round = -2; round < rounds; round += 1) {
  for (const [name, providers] of Object.entries(settings)) {
    const instrumentation = providers && instrumentGemini(providers);
    const short = streamUs(1);
    const long = streamUs(chunksCount);
    const cost = costs.get(name);
    if (cost !== undefined && round >= 0) {
      cost.streams.push(short);
      cost.chunks.push(((long - short) * 1_000) / (chunksCount - 1));
      if (round === rounds - 1) cost.bytes = chunkBytes();
    }
    instrumentation?.disable();
  }
}

const figures = [...costs].map(([name, { streams, chunks, bytes }]) => ({
  name,
  streamUs: median(streams),
  chunkNs: median(chunks),
  bytes,
}));
printTable(
  'Tracing a stream: the client and the bridge',
  ['who listens', 'us a stream', 'ns a chunk', 'bytes a chunk'],
  figures.map(({ name, ...values }) => [name, ...Object.values(values).map(formatNumber)]),
);
const [idle, listening] = figures;
judgeGoals([
  {
    what: 'no subscriber, bytes allocated a chunk',
    measured: Math.max(0, Math.round(idle?.bytes ?? Number.NaN)),
    most: 0,
  },
  {
    what: 'no-op providers, us a stream',
    measured: (listening?.streamUs ?? Number.NaN) - (idle?.streamUs ?? 0),
    most: 5,
  },
  {
    what: 'no-op providers, ns a chunk',
    measured: (listening?.chunkNs ?? Number.NaN) - (idle?.chunkNs ?? 0),
    most: 300,
  },
]);
