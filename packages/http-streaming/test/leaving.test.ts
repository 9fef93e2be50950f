import { createEmulator, type Emulator } from '@gemini/emulator';
import { OpeningStream, openEventStream, type EventStream, type EventStreamOptions } from '@gemini/http-streaming';
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answerLength, outcomeOf, requestTo } from './outcome-of.ts';
import { waitFor } from './wait-for.ts';

const endless = { pace: { tokensPerSecond: 20, burst: 1, timeToFirstTokenMs: 0 } };
const closed = (emulator: Emulator): Promise<void> =>
  waitFor(() => emulator.requests.every(({ closedBy }) => closedBy === 'client'));

/** Sockets and timers of this process, the test runner's own included. */
const resources = (): Record<string, number> => {
  const counts: Record<string, number> = { TCPSocketWrap: 0, Timeout: 0, Immediate: 0 };
  for (const kind of process.getActiveResourcesInfo()) if (kind in counts) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

describe('leaving closes the socket', () => {
  it.for<[string, (stream: EventStream, controller: AbortController) => unknown]>([
    [
      'break',
      async (stream) => {
        for await (const _event of stream) break;
      },
    ],
    [
      'return() while next() waits',
      async (stream) => {
        const iterator = stream[Symbol.asyncIterator]();
        await iterator.next();
        const waiting = iterator.next();
        await iterator.return?.();
        expect(await waiting).toEqual({ done: true, value: undefined });
      },
    ],
    ['cancel() before the first read', (stream) => stream.cancel()],
    [
      'cancel() inside an event',
      (stream) =>
        new Promise((resolve) => {
          stream.consume({ event: () => stream.cancel(), end: resolve, error: resolve });
        }),
    ],
    ['an abort', (_stream, controller) => controller.abort()],
    ['await using', (stream) => stream[Symbol.asyncDispose]()],
    [
      'a loop that throws',
      async (stream) => {
        const loop = async (): Promise<void> => {
          for await (const _event of stream) throw new Error('mine');
        };
        await expect(loop()).rejects.toThrow('mine');
      },
    ],
    [
      'a consumer that throws',
      (stream) =>
        new Promise((resolve) => {
          const event = (): never => {
            throw new Error('mine');
          };
          stream.consume({ event, end: resolve, error: resolve });
        }),
    ],
  ])('%s, without another read', async ([, leave]) => {
    await using emulator = await createEmulator(endless);
    const controller = new AbortController();
    const stream = await openEventStream(requestTo(emulator.url, { signal: controller.signal }));
    await leave(stream, controller);
    await closed(emulator);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

it('does not reuse a connection whose response was not read to its end', async () => {
  await using emulator = await createEmulator();
  for await (const _event of await openEventStream(requestTo(emulator.url))) break;
  await nextTurn();
  const { error, events } = await outcomeOf(requestTo(emulator.url));
  expect(error).toBeUndefined();
  expect(events).toHaveLength(answerLength);
});

it('leaves nothing behind after 1,000 aborted streams', async () => {
  await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 600_000 } });
  await nextTurn();
  const before = resources();
  const controller = new AbortController();
  const opening = Array.from({ length: 1_000 }, () =>
    outcomeOf(requestTo(emulator.url, { signal: controller.signal })),
  );
  await waitFor(() => emulator.requests.length === 1_000);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1_000);
  controller.abort();
  const codes = new Set((await Promise.all(opening)).map(({ error }) => error?.code));
  expect([...codes]).toEqual(['aborted']);
  await closed(emulator);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await waitFor(() => Object.entries(resources()).every(([kind, count]) => count <= (before[kind] ?? 0)));
});

describe('a request that is cancelled without a signal', () => {
  it('is closed before its headers, and fails as aborted with the reason', async () => {
    await using emulator = await createEmulator({ pace: { timeToFirstTokenMs: 600_000 } });
    const opening = new OpeningStream(requestTo(emulator.url), { retry: false });
    await waitFor(() => emulator.requests.length === 1);
    opening.cancel('enough');
    await expect(opening.opened).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
    await closed(emulator);
  });

  it('ends the stream if it is open, and changes nothing after its end', async () => {
    await using emulator = await createEmulator(endless);
    const opening = new OpeningStream(requestTo(emulator.url));
    const stream = await opening.opened;
    opening.cancel();
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'aborted' });
    opening.cancel();
    await closed(emulator);
  });

  it('throws for an invalid request, which the promise of openEventStream rejects with', async () => {
    const request = { url: 'ftp://example.com' };
    expect(() => new OpeningStream(request)).toThrow(TypeError);
    await expect(openEventStream(request)).rejects.toThrow(TypeError);
  });
});

describe('a connection whose caller has left', () => {
  it.for<[string, EventStreamOptions, string]>([
    ['after an abort', { connectTimeoutMs: Infinity }, 'aborted'],
    ['after the connect limit', { connectTimeoutMs: 50, retry: false }, 'connect-timeout'],
  ])('is destroyed %s', async ([, options, code]) => {
    await using emulator = await createEmulator({ scenario: 'connect-hangs' });
    await nextTurn();
    const before = resources();
    const controller = new AbortController();
    const opening = outcomeOf(requestTo(emulator.url, { signal: controller.signal }), options);
    await waitFor(() => (resources()['TCPSocketWrap'] ?? 0) > (before['TCPSocketWrap'] ?? 0));
    if (code === 'aborted') controller.abort();
    expect((await opening).error?.code).toBe(code);
    await waitFor(() => Object.entries(resources()).every(([kind, count]) => count <= (before[kind] ?? 0)));
  });

  it('does not affect another request', async () => {
    await using emulator = await createEmulator();
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const opening = controllers.map(({ signal }) => outcomeOf(requestTo(emulator.url, { signal })));
    for (const [index, controller] of controllers.entries()) if (index % 2 === 0) controller.abort();
    const codes = (await Promise.all(opening)).map(({ error }) => error?.code);
    expect(codes).toEqual(controllers.map((_controller, index) => (index % 2 === 0 ? 'aborted' : undefined)));
  });
});

it('leaves no timer behind after a stream that ended by itself', async () => {
  await using emulator = await createEmulator();
  await outcomeOf(requestTo(emulator.url));
  await nextTurn();
  const before = resources()['Timeout'] ?? 0;
  const limits = { contentIdleTimeoutMs: 600_000, totalTimeoutMs: 600_000 };
  for (let count = 0; count < 20; count += 1) {
    await outcomeOf(requestTo(emulator.url), limits);
    await nextTurn();
  }
  expect(resources()['Timeout'] ?? 0).toBeLessThanOrEqual(before);
});

it('leaves no timer behind when the caller leaves while the body of an error is arriving', async () => {
  await using emulator = await createEmulator({ scenario: 'error-body-silent' });
  await nextTurn();
  const before = resources()['Timeout'] ?? 0;
  const controller = new AbortController();
  const opening = outcomeOf(requestTo(emulator.url, { signal: controller.signal }));
  await waitFor(() => (resources()['Timeout'] ?? 0) > before && emulator.requests[0]?.status === 503);
  await sleep(20);
  controller.abort();
  expect((await opening).error).toMatchObject({ code: 'aborted', status: 503 });
  expect(resources()['Timeout'] ?? 0).toBeLessThanOrEqual(before);
  await closed(emulator);
});

/**
 * Resolves with the bytes that a stream has read when it reads no more. A write may be stuck before the reader rests, but
 * both ends are in this process, so a reader that has not moved in 50 turns of the event loop rests.
 */
async function restingBytes(stream: EventStream): Promise<number> {
  for (;;) {
    const { bytesCount } = stream.timing;
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    if (stream.timing.bytesCount === bytesCount) return bytesCount;
  }
}

describe('a slow reader', () => {
  it('makes the server wait, and is not ended by the idle limit', async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const stream = await openEventStream(requestTo(emulator.url), { idleTimeoutMs: 500 });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await emulator.whenBackpressured('request-1');
    const readBytes = await restingBytes(stream);
    // Longer than the limit on silence, several times over: nothing is read, so nothing is silent.
    await sleep(1_600);
    expect(stream.timing.bytesCount).toBe(readBytes);
    expect(readBytes).toBeLessThan(1024 * 1024);
    expect(emulator.requests[0]?.closedBy).toBeUndefined();
    for (let count = 0; count < 5_000; count += 1) expect((await iterator.next()).done).toBe(false);
    await iterator.return?.();
    await closed(emulator);
  });

  it('is abandoned if it stays away, and gets that error when it reads again', async () => {
    await using emulator = await createEmulator(endless);
    const stream = await openEventStream(requestTo(emulator.url), { unreadTimeoutMs: 40 });
    await closed(emulator);
    const iterator = stream[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'abandoned', timeoutMs: 40 });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
