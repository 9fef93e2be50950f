import { followStream } from '@gemini/browser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endFrame, sendFrames, serve, textFrame } from './stream-server.ts';

/** Stands for the page: Node has no such events. */
const page = new EventTarget();
const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
const globals = globalThis as Record<string, unknown>;
const waits = { reconnect: { baseDelayMs: 1e9, maxDelayMs: 1e9 } };

describe('a stream that waits to be rejoined', () => {
  beforeEach(() => {
    globals['addEventListener'] = page.addEventListener.bind(page);
    globals['removeEventListener'] = page.removeEventListener.bind(page);
    globals['document'] = document;
  });
  afterEach(() => {
    for (const name of ['addEventListener', 'removeEventListener', 'document']) delete globals[name];
  });

  it.for([
    ['the page is online', () => page.dispatchEvent(new Event('online'))],
    ['the page is visible', () => document.dispatchEvent(new Event('visibilitychange'))],
    ['the page is restored', () => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))],
  ] as const)('is rejoined at once when %s', async ([, wake]) => {
    await using server = await serve((_, response, count) =>
      count === 1 ? sendFrames(response, textFrame(1, 'a')) : sendFrames(response, textFrame(2, 'b'), endFrame(3)),
    );
    const onStatus = (status: string): void => {
      if (status === 'waiting') setImmediate(wake);
    };
    expect(await followStream(server.url, { ...waits, onStatus }).text()).toBe('ab');
  });

  it('is rejoined after `Load failed`, as iOS says it', async () => {
    await using server = await serve((_, response) => sendFrames(response, textFrame(2, 'b'), endFrame(3)));
    let calls = 0;
    let reads = 0;
    const flaky: typeof fetch = async (...request) => {
      calls += 1;
      if (calls > 1) return fetch(...request);
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            reads += 1;
            if (reads === 1) controller.enqueue(new TextEncoder().encode(textFrame(1, 'a')));
            else controller.error(new TypeError('Load failed'));
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    expect(await followStream(server.url, { fetch: flaky, reconnect: { baseDelayMs: 0 } }).text()).toBe('ab');
  });
});
