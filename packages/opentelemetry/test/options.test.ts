import { type InstrumentGeminiOptions, instrumentGemini } from '@gemini/opentelemetry';
import { tracingChannel } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';

it.for([
  [{ traceProvider: {} }, 'instrumentGemini: unknown option traceProvider; did you mean tracerProvider?'],
  [{ verbose: true }, 'instrumentGemini: unknown option verbose'],
  [{ tracerProvider: {} }, 'tracerProvider: expected a provider with getTracer(), got object'],
  [{ meterProvider: 'global' }, "meterProvider: expected a provider with getMeter(), got 'global'"],
  [{ loggerProvider: null }, 'loggerProvider: expected a provider with getLogger(), got null'],
  [{ captureContent: 'yes' }, "captureContent: expected true, false, 'span' or 'event', got 'yes'"],
  [{ captureContent: 'event' }, "captureContent: expected a loggerProvider with 'event', which is where events go"],
  [null, 'instrumentGemini: expected an object of options, got null'],
] as const)('refuses %j, and subscribes to nothing', ([options, message]) => {
  const given = options as unknown as InstrumentGeminiOptions;
  expect(() => instrumentGemini(given)).toThrow(expect.objectContaining({ name: 'TypeError', message }));
  expect(tracingChannel('gemini:stream').start.hasSubscribers).toBe(false);
});
