import { createEmulator } from '@gemini/emulator';
import { createStreamingFetch } from '@gemini/fetch';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type ModelReply, serveModel, type Step } from './model-server.ts';
import { anthropicWire, framesBefore, frameText, openAiWire } from './model-wires.ts';
import { fetchWithEnds, geminiPath, prompt, readBody } from './read-body.ts';

const asking = { method: 'POST', body: '{"stream":true}' } as const;

/** Collects what nothing holds, also what only the current turn has used. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    collect();
  }
}

const write = (bytes: string): Step => ({ type: 'write', bytes });
const event = frameText({
  data: '{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"tick"}}]}',
});

/** A server that writes an event every 20 ms, until the client leaves. */
const ticking: ModelReply = {
  steps: {
    *[Symbol.iterator](): Generator<Step> {
      for (;;) {
        yield write(event);
        yield { type: 'wait', ms: 20 };
      }
    },
  },
};

/** A server that writes as fast as the client reads. */
const flooding: ModelReply = {
  steps: {
    *[Symbol.iterator](): Generator<Step> {
      for (;;) yield write(event.repeat(500));
    },
  },
};

async function closed(server: Awaited<ReturnType<typeof serveModel>>): Promise<void> {
  await expect.poll(() => server.requests[0]?.closedAtMs, { timeout: 60_000, interval: 10 }).toBeDefined();
}

describe('a reader who leaves', () => {
  it.for<[string, (response: Response) => Promise<unknown>]>([
    ['cancels the body', async ({ body }) => body?.cancel()],
    [
      'breaks a loop over the body',
      async ({ body }) => {
        for await (const _ of body ?? []) break;
      },
    ],
    [
      'only gives its lock back',
      async ({ body }) => {
        const reader = body?.getReader();
        await reader?.read();
        reader?.releaseLock();
      },
    ],
  ])('closes the connection: one who %s', async ([, leave]) => {
    await using server = await serveModel([ticking]);
    const { fetch, ends, ended } = fetchWithEnds();
    await leave(await fetch(server.url, asking));
    await closed(server);
    expect((await ended).error).toMatchObject({ code: 'left' });
    expect(ends).toHaveLength(1);
  });

  it('stays if the lock is taken again', async () => {
    await using server = await serveModel([
      { steps: [write(event), { type: 'wait', ms: 300 }, write(frameText({ data: '[DONE]' })), { type: 'end' }] },
    ]);
    const { fetch, ends } = fetchWithEnds();
    const { body } = await fetch(server.url, asking);
    const reader = body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    const { value } = (await body?.getReader().read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toContain('[DONE]');
    expect(ends).toMatchObject([{ error: undefined }]);
  });

  it.for<[string, ModelReply]>([
    ['a few events', { steps: [write(event), { type: 'hang' }] }],
    ['a slow stream', ticking],
    ['a flood', flooding],
  ])('is noticed after unreadTimeoutMs if nothing says so: %s', async ([, reply]) => {
    await using server = await serveModel([reply]);
    const { fetch, ends, ended } = fetchWithEnds({ unreadTimeoutMs: 200 });
    const { body } = await fetch(server.url, asking);
    await closed(server);
    expect((await ended).error).toMatchObject({ code: 'abandoned' });
    await expect(body?.getReader().read()).rejects.toMatchObject({ code: 'abandoned' });
    expect(ends).toHaveLength(1);
  });

  it('half of which reads on keeps the stream', async () => {
    await using server = await serveModel([
      { steps: [write(event), { type: 'wait', ms: 400 }, write(frameText({ data: '[DONE]' })), { type: 'end' }] },
    ]);
    const { body } = await createStreamingFetch({ unreadTimeoutMs: 200 })(server.url, asking);
    const [left, right] = body?.tee() ?? [];
    void left?.cancel();
    const { text, error } = await readBody(new Response(right));
    expect(error).toBeUndefined();
    expect(text).toContain('[DONE]');
  });
});

describe('an abort', () => {
  const reason = new Error('mine');

  it('before the call rejects it with the very reason, and sends nothing', async () => {
    await using server = await serveModel([ticking]);
    const { fetch, ends } = fetchWithEnds();
    await expect(fetch(server.url, { ...asking, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
    expect(ends).toMatchObject([{ error: reason }]);
  });

  it('before the headers rejects the call with the very reason', async () => {
    await using server = await serveModel([{ beforeHeadersMs: Infinity, steps: [] }]);
    const abort = new AbortController();
    const { fetch, ends } = fetchWithEnds();
    const call = fetch(server.url, { ...asking, signal: abort.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await closed(server);
    expect(ends[0]?.error).toBe(reason);
  });

  it.for(['init', 'Request'])(
    'while the body is read fails it with the very reason, at once: signal of the %s',
    async (where) => {
      await using server = await serveModel([flooding]);
      const abort = new AbortController();
      const { fetch, ends } = fetchWithEnds();
      const init = { ...asking, headers: { accept: 'text/event-stream' }, signal: abort.signal };
      const { body } = await (where === 'init' ? fetch(server.url, init) : fetch(new Request(server.url, init)));
      const reader = body?.getReader();
      await reader?.read();
      // A Request follows its signal with one of its own, whose reason is the same object, while the Request is in use.
      await collectGarbage();
      abort.abort(reason);
      await expect(reader?.read()).rejects.toBe(reason);
      await closed(server);
      expect(ends).toHaveLength(1);
      expect(ends[0]?.error).toBe(reason);
    },
  );

  it('after the wire is over fails what the reader has not taken yet', async () => {
    await using server = await serveModel([
      { steps: [write(event.repeat(500)), write(frameText({ data: '[DONE]' })), { type: 'end' }] },
    ]);
    const abort = new AbortController();
    const { fetch, ends, ended } = fetchWithEnds();
    const { body } = await fetch(server.url, { ...asking, signal: abort.signal });
    const reader = body?.getReader();
    await reader?.read();
    expect((await ended).error).toBeUndefined();
    abort.abort(reason);
    await expect(reader?.read()).rejects.toBe(reason);
    expect(ends).toHaveLength(1);
  });

  it('leaves no listener on a signal after the end', async () => {
    await using emulator = await createEmulator();
    const { signal } = new AbortController();
    const streaming = createStreamingFetch();
    for (const _ of [1, 2, 3]) await readBody(await streaming(`${emulator.url}${geminiPath}`, { ...prompt, signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('without a reason is the AbortError of the host', async () => {
    await using server = await serveModel([ticking]);
    const abort = new AbortController();
    const { body } = await createStreamingFetch()(server.url, { ...asking, signal: abort.signal });
    const reading = readBody(new Response(body));
    abort.abort();
    expect((await reading).error).toBe(abort.signal.reason);
  });
});

describe('a body', () => {
  it('is the same for every split of the stream', async () => {
    const whole = Buffer.from(anthropicWire.frames.map(frameText).join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 12 }), async (cuts) => {
        const borders = [0, ...cuts.toSorted((left, right) => left - right), whole.length];
        const steps = borders
          .slice(1)
          .map((end, index): Step => ({ type: 'write', bytes: whole.subarray(borders[index], end) }));
        await using server = await serveModel([{ steps: [...steps, { type: 'end' }] }]);
        const { text, error } = await readBody(await createStreamingFetch()(server.url, asking));
        expect(error).toBeUndefined();
        expect(text).toBe(whole.toString());
      }),
      { numRuns: 40 },
    );
  });

  it('slows the server down, and holds a bounded part of the stream', async () => {
    await using emulator = await createEmulator({ scenario: 'endless-events' });
    const fetch = createStreamingFetch({ maxBufferedBytes: 64 * 1024 });
    const { body } = await fetch(`${emulator.url}${geminiPath}`, prompt);
    const [request] = await emulator.whenReceived(1);
    await emulator.whenBackpressured(request?.id ?? '');
    // The server is stuck: what it has written does not grow any more.
    let written = 0;
    const growth = (): number => {
      const before = written;
      written = request?.bytesWritten ?? 0;
      return written - before;
    };
    await expect.poll(growth, { interval: 200, timeout: 60_000 }).toBe(0);
    const reader = body?.getReader();
    let bytes = 0;
    while (bytes < 20 * 1024 * 1024) {
      const { value } = (await reader?.read()) ?? {};
      expect(value?.length).toBeLessThan(128 * 1024);
      bytes += value?.length ?? 0;
    }
    await reader?.cancel();
    expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });

  it('gives all that came before an error to a reader behind a chain of streams', async () => {
    const text = `${framesBefore(openAiWire, Infinity).slice(0, 4).map(frameText).join('')}${event.repeat(2_000)}`;
    await using server = await serveModel([{ steps: [write(text), { type: 'end' }] }]);
    const { body } = await createStreamingFetch()(server.url, asking);
    const identity = (): TransformStream<Uint8Array, Uint8Array> => new TransformStream();
    const chain = body?.pipeThrough(identity()).pipeThrough(identity()).pipeThrough(identity());
    const outcome = await readBody(new Response(chain));
    expect(outcome.text).toBe(text);
    expect(outcome.error).toMatchObject({ code: 'truncated' });
  });

  it('gives all that came with an error to a slow reader behind a stream that splits its chunks', async () => {
    await using server = await serveModel([{ steps: [write(event.repeat(5)), { type: 'end' }] }]);
    const { body } = await createStreamingFetch()(server.url, asking);
    const splitter = new TransformStream<Uint8Array, string>({
      transform(chunk, controller) {
        for (const each of Buffer.from(chunk).toString().split('\n\n').slice(0, -1)) controller.enqueue(each);
      },
    });
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const each of body?.pipeThrough(splitter) ?? []) {
        seen.push(each);
        await nextTurn();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'truncated' });
    expect(seen).toHaveLength(5);
  });

  it('that is over lets the connection be used again', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends } = fetchWithEnds();
    for (const _ of [1, 2]) {
      await readBody(await fetch(`${emulator.url}${geminiPath}`, prompt));
      // Like the host's, the connection is free in the turn after the end.
      await nextTurn();
    }
    expect(ends.map(({ timing }) => timing?.connection?.reused)).toEqual([false, true]);
  });

  it('that is never read is reported as ended, once', async () => {
    await using emulator = await createEmulator();
    const { fetch, ends, ended } = fetchWithEnds();
    await fetch(`${emulator.url}${geminiPath}`, prompt);
    expect(await ended).toMatchObject({
      request: `POST ${emulator.url}${geminiPath.replace(/\?.*/, '')}`,
      verdict: { kind: 'inconclusive' },
      timing: { eventsCount: 6 },
      error: undefined,
    });
    expect(ends).toHaveLength(1);
  });
});
