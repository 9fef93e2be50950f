import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { instrumentGemini } from '@gemini/opentelemetry';
import { DiagLogLevel, SpanStatusCode, type Tracer, context, createNoopMeter, diag, trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { createTelemetry, instrumented, paths } from './telemetry.ts';

const stream = 'generate_content gemini-flash-latest';
const script = [
  { match: { functionResponse: 'weather' }, reply: { text: 'It rains.' } },
  { reply: { functionCalls: [{ id: 'call-1', name: 'weather', args: {} }] } },
];
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Traces the requests of undici, as a program with the usual instrumentations does. */
function traceUndici(telemetry: ReturnType<typeof createTelemetry>): void {
  const undici = new UndiciInstrumentation();
  undici.setTracerProvider(telemetry.providers.tracerProvider);
  undici.enable();
  open.push(() => undici.disable());
}

/** Returns a list of what OpenTelemetry logs about itself from now on. */
function collectDiagnostics(logLevel: DiagLogLevel): unknown[] {
  const messages: unknown[] = [];
  const note = (...words: unknown[]): void => void messages.push(words);
  const logger = { error: note, warn: note, info: note, debug: note, verbose: note };
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true });
  open.push(() => diag.disable());
  return messages;
}

function inSpan<Result>(tracer: Tracer, name: string, run: () => Promise<Result>): Promise<Result> {
  return tracer.startActiveSpan(name, (span) => run().finally(() => span.end()));
}

describe('spans', () => {
  it('nest: the caller, the stream, and each of its requests', async () => {
    using telemetry = instrumented();
    traceUndici(telemetry);
    await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
    const gemini = createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 1 } });
    const tracer = telemetry.providers.tracerProvider.getTracer('test');
    await inSpan(tracer, 'caller', () => gemini.stream('hi').text());
    expect(paths(telemetry.spans())).toEqual([
      'caller',
      `caller > ${stream}`,
      `caller > ${stream} > POST`,
      `caller > ${stream} > POST`,
    ]);
  });

  it('nest: a function below its caller, and what the function does below it', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ script });
    const tracer = telemetry.providers.tracerProvider.getTracer('test');
    const weather = tool({ name: 'weather', execute: () => inSpan(tracer, 'station', () => Promise.resolve('rain')) });
    const gemini = createGemini({ baseUrl: emulator.url });
    await inSpan(tracer, 'caller', () => gemini.stream('How is the weather?', { tools: [weather] }).text());
    expect(paths(telemetry.spans())).toEqual([
      'caller',
      'caller > execute_tool weather',
      'caller > execute_tool weather > station',
      `caller > ${stream}`,
      `caller > ${stream}`,
    ]);
    expect(telemetry.span('execute_tool weather').attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'call-1',
    });
  });

  it('of a function that fails, or that the model invented, say why; an invented name is no name of a span', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ script });
    const gemini = createGemini({ baseUrl: emulator.url });
    const weather = tool({ name: 'weather', execute: () => Promise.reject(new Error('a secret reason')) });
    await gemini.stream('hi', { tools: [weather] }).outcome;
    await gemini.stream('hi', { tools: [tool({ name: 'other', execute: () => 1 })] }).outcome;
    const failed = telemetry.span('execute_tool weather');
    expect(failed.attributes['error.type']).toBe('threw');
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: 'threw' });
    expect(telemetry.span('execute_tool').attributes).toMatchObject({
      'error.type': 'unknown-tool',
      'gen_ai.tool.name': 'weather',
    });
    const { points = [] } = (await telemetry.metrics()).get('gen_ai.execute_tool.duration') ?? {};
    const measured = points.map(({ attributes }) => [attributes['gen_ai.tool.name'], attributes['error.type']]);
    expect(measured).toEqual([
      ['weather', 'threw'],
      [undefined, 'unknown-tool'],
    ]);
  });

  it('of three streams at once are each below their own caller', async () => {
    using telemetry = instrumented();
    traceUndici(telemetry);
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url, manager: { maxStreams: 2 } });
    const tracer = telemetry.providers.tracerProvider.getTracer('test');
    const names = ['one', 'two', 'three'];
    await Promise.all(names.map((name) => inSpan(tracer, name, () => gemini.stream(`Say ${name}`).text())));
    const expected = names.flatMap((name) => [name, `${name} > ${stream}`, `${name} > ${stream} > POST`]);
    expect(paths(telemetry.spans())).toEqual(expected.toSorted());
  });

  it('of two instrumentations go to their own providers, each once, below the same caller', async () => {
    using telemetry = instrumented();
    const other = createTelemetry();
    const second = instrumentGemini(other.providers);
    open.push(() => second.disable());
    await using emulator = await createEmulator({ script });
    const weather = tool({ name: 'weather', execute: () => 'rain' });
    const tracer = telemetry.providers.tracerProvider.getTracer('test');
    const gemini = createGemini({ baseUrl: emulator.url });
    await inSpan(tracer, 'caller', () => gemini.stream('hi', { tools: [weather] }).text());
    const caller = telemetry.span('caller').spanContext().spanId;
    const own = telemetry.spans().filter(({ name }) => name !== 'caller');
    for (const spans of [own, other.spans()]) {
      expect(spans.map(({ name }) => name)).toEqual([stream, 'execute_tool weather', stream]);
      expect(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([caller, caller, caller]);
    }
  });
});

describe('an instrumentation', () => {
  it('that is disabled ends the spans that are open, and begins no others', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const running = gemini.stream('hi');
    await running[Symbol.asyncIterator]().next();
    expect(telemetry.spans()).toEqual([]);
    telemetry.instrumentation.disable();
    expect(telemetry.spans().map(({ name }) => name)).toEqual([stream]);
    expect((await running.outcome).status).toBe('completed');
    await gemini.stream('hi').text();
    expect(telemetry.spans()).toHaveLength(1);
    expect(tracingChannel('gemini:stream').start.hasSubscribers).toBe(false);
    expect(channel('gemini:stream:chunk').hasSubscribers).toBe(false);
  });

  it('keeps nothing of what has ended', async () => {
    const messages = collectDiagnostics(DiagLogLevel.WARN);
    using telemetry = instrumented();
    await using emulator = await createEmulator({ script });
    const tools = [tool({ name: 'weather', execute: () => 'rain' })];
    await createGemini({ baseUrl: emulator.url }).stream('hi', { tools }).text();
    telemetry.instrumentation.disable();
    // The SDK warns if a span is ended twice.
    expect(messages).toEqual([]);
  });

  it('ignores streams that began before it', async () => {
    await using emulator = await createEmulator();
    const running = createGemini({ baseUrl: emulator.url }).stream('hi');
    await running[Symbol.asyncIterator]().next();
    using telemetry = instrumented();
    await running.outcome;
    expect(telemetry.spans()).toEqual([]);
    expect((await telemetry.metrics()).size).toBe(0);
  });

  it('ends the span of a stream that its reader leaves', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator();
    for await (const _ of createGemini({ baseUrl: emulator.url }).stream('hi')) break;
    expect(telemetry.span(stream).attributes['gemini.stream.ended_by']).toBe('stop');
  });

  it('whose provider throws does not touch the stream', async () => {
    const messages = collectDiagnostics(DiagLogLevel.ERROR);
    const fail = (): never => {
      throw new Error('the provider is broken');
    };
    using _telemetry = instrumented({ tracerProvider: { getTracer: fail } });
    await using emulator = await createEmulator();
    expect((await createGemini({ baseUrl: emulator.url }).stream('hi').outcome).status).toBe('completed');
    expect(String(messages[0])).toContain('could not be recorded');
  });

  it('whose meters throw ends every span', async () => {
    collectDiagnostics(DiagLogLevel.NONE);
    const record = (): never => {
      throw new Error('the meter is broken');
    };
    const broken = {
      ...createNoopMeter(),
      createHistogram: () => ({ record }),
      createCounter: () => ({ add: record }),
    };
    using telemetry = instrumented({ meterProvider: { getMeter: () => broken } });
    await using emulator = await createEmulator({ script });
    const tools = [tool({ name: 'weather', execute: () => 'rain' })];
    expect((await createGemini({ baseUrl: emulator.url }).stream('hi', { tools }).outcome).status).toBe('completed');
    expect(paths(telemetry.spans())).toEqual(['execute_tool weather', stream, stream]);
  });

  it('uses the global providers as they are when a stream starts', async () => {
    const instrumentation = instrumentGemini();
    open.push(() => instrumentation.disable());
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    await gemini.stream('before').text();
    const { providers, spans } = createTelemetry();
    trace.setGlobalTracerProvider(providers.tracerProvider);
    open.push(() => trace.disable());
    await gemini.stream('after').text();
    expect(spans().map(({ name }) => name)).toEqual([stream]);
  });

  it('leaves the context of the caller as it was', async () => {
    using _telemetry = instrumented();
    await using emulator = await createEmulator();
    const before = context.active();
    const running = createGemini({ baseUrl: emulator.url }).stream('hi');
    expect(context.active()).toBe(before);
    await running.outcome;
    expect(trace.getSpan(context.active())).toBeUndefined();
  });
});
