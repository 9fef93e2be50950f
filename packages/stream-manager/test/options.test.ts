import { expect, it } from 'vitest';
import {
  createStreamManager,
  defaultStreamManagerOptions,
  type StartOptions,
  type SubscribeOptions,
} from '../src/index.ts';
import { resolveLimits, resolveStreamLimits } from '../src/options.ts';
import { toSseResponse } from '../src/sse.ts';
import { manualSource } from './manual-source.ts';

const limits = resolveLimits({});

it('streams without limits of their own share those of the manager', () => {
  expect(resolveStreamLimits(limits, {})).toBe(limits);
  expect(resolveStreamLimits(limits, { lingerMs: defaultStreamManagerOptions.lingerMs })).toBe(limits);
});

it.for(['lingerMs', 'retainMs', 'maxHistoryBytes'] as const)(
  'streams with the same %s share one object of limits, and no others do',
  (name) => {
    const first = resolveStreamLimits(limits, { [name]: 1 });
    expect(first).toEqual({ ...limits, [name]: 1 });
    expect(resolveStreamLimits(limits, { [name]: 1 }, first)).toBe(first);
    expect(resolveStreamLimits(limits, { [name]: 2 }, first)).toEqual({ ...limits, [name]: 2 });
    expect(resolveStreamLimits(limits, {}, first)).toEqual(limits);
  },
);

it.for<[string, object]>([
  ['maxStreams: expected a number above 0 (Infinity for no limit), got -1', { maxStreams: -1 }],
  ['maxLagEvents: expected a number above 0 (Infinity for no limit), got 0', { maxLagEvents: 0 }],
  ['lingerMs: expected a number of 0 or more, got string', { lingerMs: '5' }],
  ['retainMs: expected a number of 0 or more, got NaN', { retainMs: Number.NaN }],
  ['sizeOf: expected a function, got number', { sizeOf: 1 }],
  ['createStreamManager: unknown option maxStream; did you mean maxStreams?', { maxStream: 1 }],
  ['createStreamManager: unknown option maxlagByte; did you mean maxLagBytes?', { maxlagByte: 1 }],
  ['createStreamManager: unknown option highMarkEvents', { highMarkEvents: 1 }],
])('createStreamManager throws "%s"', ([message, options]) => {
  expect(() => createStreamManager(options)).toThrow(new TypeError(message));
});

const zeroes = new Set([
  'lingerMs',
  'retainMs',
  'maxQueuedStreams',
  'maxHistoryBytes',
  'maxRetainedBytes',
  'maxRetainedStreams',
]);

it.for(Object.keys(defaultStreamManagerOptions))('%s may be Infinity, and 0 only if it means none', (name) => {
  expect(() => createStreamManager({ [name]: Infinity })).not.toThrow();
  const create = (): unknown => createStreamManager({ [name]: 0 });
  if (zeroes.has(name)) expect(create).not.toThrow();
  else expect(create).toThrow(TypeError);
});

it.for<[string, object]>([
  ['start: unknown option linger; did you mean lingerMs?', { linger: 5 }],
  ['start: unknown option ids; did you mean id?', { ids: 'a' }],
  ['onDuplicate: expected throw, join, got replace', { onDuplicate: 'replace' }],
  ['maxHistoryBytes: expected a number of 0 or more, got -1', { maxHistoryBytes: -1 }],
])('start throws "%s" and starts nothing', ([message, options]) => {
  const manager = createStreamManager<number>();
  const source = manualSource();
  expect(() => manager.start(source, options as StartOptions)).toThrow(new TypeError(message));
  expect(source.starts).toBe(0);
  expect(manager.list()).toEqual([]);
});

it.for<[string, object]>([
  ['subscribe: unknown option form; did you mean from?', { form: 'now' }],
  ['subscribe: unknown option onslow; did you mean onSlow?', { onslow: 'drop' }],
  ['onSlow: expected buffer, pause, drop, disconnect, got wait', { onSlow: 'wait' }],
  ['onHistoryLost: expected fail, gap, got skip', { onHistoryLost: 'skip' }],
])('every way to subscribe throws "%s" and leaves no subscriber', ([message, given]) => {
  const stream = createStreamManager<number>().start(manualSource());
  const options = given as SubscribeOptions;
  const error = new TypeError(message);
  expect(() => stream.subscribe(() => {}, options)).toThrow(error);
  expect(() => stream.iterate(options)).toThrow(error);
  expect(() => stream.toReadableStream(options)).toThrow(error);
  expect(stream.info().subscribersCount).toBe(0);
});

it.for<[string, object]>([
  ['server-sent events: unknown option keepAlive; did you mean keepAliveMs?', { keepAlive: 5 }],
  ['keepAliveMs: expected a number above 0 (Infinity for no limit), got 0', { keepAliveMs: 0 }],
  ['encode: expected a function, got string', { encode: 'json' }],
  ['onSlow: expected buffer, pause, drop, disconnect, got wait', { onSlow: 'wait' }],
])('toSseResponse throws "%s" and leaves no subscriber', ([message, options]) => {
  const stream = createStreamManager<number>().start(manualSource());
  expect(() => toSseResponse(stream, options)).toThrow(new TypeError(message));
  expect(() => toSseResponse(undefined, options)).toThrow(new TypeError(message));
  expect(stream.info().subscribersCount).toBe(0);
});
