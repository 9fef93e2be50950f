import {
  createGemini,
  type Gemini,
  GeminiError,
  type GeminiOptions,
  geminiCodec,
  type GeminiStreamEvent,
  type StoredStreamEvent,
  tool,
} from '@gemini/client';
import { pipeSse, toSseResponse } from '@gemini/client/sse';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { StreamManagerError } from '@gemini/stream-manager';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from '../../stream-manager/test/memory-log.ts';
import { asking, call } from './tool-turns.ts';
import { waitFor } from './wait-for.ts';

const slow = { pace: { tokensPerSecond: 5, burst: 1 } };

/** Clients that share a memory, as processes that share a server. */
function clients(count: number, emulator: Emulator, options: GeminiOptions = {}) {
  const memory = new SharedMemory();
  const nodes = Array.from({ length: count }, () =>
    createGemini({ baseUrl: emulator.url, streamLog: () => memory.open(), ...options }),
  ) as [Gemini, Gemini, ...Gemini[]];
  return { memory, nodes };
}

/** All events of a stream of a client, up to the end. */
async function readStream(gemini: Gemini, id: string): Promise<GeminiStreamEvent[]> {
  const events: GeminiStreamEvent[] = [];
  await gemini.streams.attach(id);
  await gemini.subscribeStream(id, (event) => void (event.type === 'gap' || events.push(event))).ended;
  return events;
}

function outcomeOf(events: readonly GeminiStreamEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'end') throw new Error('the stream has not ended');
  return last.outcome;
}

/** Resolves when a copy has some text. */
async function untilText(gemini: Gemini, id: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const subscription = gemini.subscribeStream(id, (event) => {
      if (event.type !== 'text-delta') return;
      resolve();
      queueMicrotask(() => subscription.unsubscribe());
    });
  });
}

describe('a stream that another client serves', () => {
  it('has the same events and the same outcome, and asks the model once', async () => {
    await using emulator = await createEmulator();
    const { nodes } = clients(2, emulator);
    const id = nodes[0].startStream('hi', { metadata: { user: 'ada' } });
    await nodes[0].streams.attach(id);
    const [own, copied] = await Promise.all(nodes.map((gemini) => readStream(gemini, id)));
    expect(copied).toEqual(own);
    expect(outcomeOf(copied ?? []).text).not.toBe('');
    expect(nodes[1].streamStatus(id)).toMatchObject({ status: 'completed', metadata: { user: 'ada' } });
    expect(emulator.requests).toHaveLength(1);
  });

  it('is joined by a start that is repeated on any node', async () => {
    await using emulator = await createEmulator();
    const { nodes } = clients(2, emulator);
    const ids = [nodes[0], nodes[1], nodes[0]].map((gemini) =>
      gemini.startStream('hi', { id: 'tides', onDuplicate: 'join' }),
    );
    expect(ids).toEqual(['tides', 'tides', 'tides']);
    const streams = await Promise.all(nodes.map((gemini) => readStream(gemini, 'tides')));
    expect(streams[1]).toEqual(streams[0]);
    expect(emulator.requests).toHaveLength(1);
    expect(() => nodes[0].startStream('hi', { id: 'tides' })).toThrow(
      expect.objectContaining({ code: 'duplicate-id' }),
    );
    expect(() => nodes[0].startStream('hi', { onDuplicate: 'joined' as 'join' })).toThrow(TypeError);
  });

  it('is stopped from any node, with the partial answer', async () => {
    await using emulator = await createEmulator(slow);
    const { nodes } = clients(2, emulator);
    const id = nodes[0].startStream('Count slowly from 1 to 10');
    await nodes[0].streams.attach(id);
    await nodes[1].streams.attach(id);
    await untilText(nodes[1], id);
    // Neither the reader nor anything that was read for it is left.
    expect(nodes[1].streamStatus(id)).toMatchObject({ status: 'active', subscribersCount: 0 });
    expect(nodes[1].stopStream(id)).toBe(true);
    const [own, copied] = await Promise.all(nodes.map((gemini) => readStream(gemini, id)));
    expect(copied).toEqual(own);
    expect(outcomeOf(copied ?? [])).toMatchObject({ status: 'stopped', attempts: 1, error: { code: 'stopped' } });
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
  });

  it('fails with a GeminiError that is as it was', async () => {
    await using emulator = await createEmulator({ scenario: 'quota-retry-info' });
    const { nodes } = clients(2, emulator, { retry: false });
    const id = nodes[0].startStream('hi');
    await nodes[0].streams.attach(id);
    const [own, copied] = (await Promise.all(nodes.map((gemini) => readStream(gemini, id)))).map((events) =>
      outcomeOf(events),
    );
    expect(copied?.error).toBeInstanceOf(GeminiError);
    expect(copied?.error?.status).toBe(429);
    expect(Object.entries(copied?.error ?? {})).toEqual(Object.entries(own?.error ?? {}));
    expect(copied?.error?.partial).toBe(copied?.response);
    const end = await (await nodes[1].streams.attach(id)).ended;
    expect(end.error).toBe(end.result?.error);
  });

  it('has the turn of a stream with functions', async () => {
    await using emulator = await createEmulator(asking([call('add', { a: 1 })]));
    const { nodes } = clients(2, emulator);
    const add = tool({ name: 'add', execute: () => ({ sum: 2 }) });
    const id = nodes[0].startStream('1 + 1', { tools: [add] });
    await nodes[0].streams.attach(id);
    const [own, copied] = (await Promise.all(nodes.map((gemini) => readStream(gemini, id)))).map(outcomeOf);
    expect(copied?.turn?.rounds).toHaveLength(2);
    expect(copied).toEqual(own);
  });

  it('skips what was discarded for a late subscriber, also on another node', async () => {
    await using emulator = await createEmulator({ scenario: 'reset-then-fine' });
    const { nodes } = clients(2, emulator, { retry: { maxAttempts: 2, baseDelayMs: 1 } });
    const id = nodes[0].startStream('hi', { restart: true });
    const { ended } = await nodes[0].streams.attach(id);
    await ended;
    const [own, copied] = await Promise.all(nodes.map((gemini) => readStream(gemini, id)));
    expect(copied).toEqual(own);
    const all: string[] = [];
    await (await nodes[1].streams.attach(id)).subscribe((event) => void all.push(event.type)).ended;
    expect(all).toContain('retry');
    expect(copied?.map(({ type }) => type)).not.toContain('retry');
    expect(nodes[1].streamStatus(id)?.subscribersCount).toBe(0);
  });

  it('is not found if it has one reader: stream(), chat() and streamObject() are not shared', async () => {
    await using emulator = await createEmulator();
    const { memory, nodes } = clients(1, emulator);
    await nodes[0].stream('hi').outcome;
    await nodes[0].chat().stream('hi').outcome;
    await nodes[0].streamObject('hi', { schema: { type: 'object' } }).outcome;
    expect(memory.streams.size).toBe(0);
  });
});

describe('a stream whose process is lost', () => {
  it('fails with producer-lost and the partial answer, for every reader on every node', async () => {
    await using emulator = await createEmulator(slow);
    const { memory, nodes } = clients(2, emulator);
    const id = nodes[0].startStream('Count slowly from 1 to 10', { lingerMs: Infinity });
    await nodes[0].streams.attach(id);
    await nodes[1].streams.attach(id);
    await untilText(nodes[1], id);
    const reading = readStream(nodes[1], id);
    const managed = await nodes[1].streams.attach(id);
    const iterating = (async () => {
      for await (const _ of managed);
    })();
    memory.lose(id);
    const copied = await reading;
    await expect(iterating).rejects.toMatchObject({ name: 'GeminiError', code: 'producer-lost' });
    const outcome = outcomeOf(copied);
    expect(outcome.error).toBeInstanceOf(GeminiError);
    expect(outcome).toMatchObject({
      status: 'failed',
      endedBy: 'error',
      attempts: 1,
      attemptReports: [{ attempt: 1, kind: 'first', delayMs: 0 }],
      error: { code: 'producer-lost', retryable: true, cause: { name: 'StreamManagerError' } },
    });
    const text = copied.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
    expect(text).not.toBe('');
    expect(outcome.text).toBe(text);
    expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([{ text }]);
    expect(outcome.error?.partial).toBe(outcome.response);
    // The process that was lost wakes up again: its stream ends in the same way, and its request is closed.
    memory.comeBack();
    await waitFor(() => emulator.requests[0]?.closedBy === 'client');
  });

  it('that wakes up again has the answer so far in its own outcome', async () => {
    await using emulator = await createEmulator(slow);
    const { memory, nodes } = clients(2, emulator);
    const id = nodes[0].startStream('Count slowly from 1 to 10', { lingerMs: Infinity });
    await nodes[0].streams.attach(id);
    const reading = readStream(nodes[0], id);
    await untilText(nodes[0], id);
    memory.lose(id);
    const outcome = outcomeOf(await reading);
    expect(outcome).toMatchObject({ status: 'failed', endedBy: 'error', error: { code: 'producer-lost' } });
    expect(outcome.text).not.toBe('');
    expect(outcome.error?.partial).toBe(outcome.response);
  });
});

describe('the codec', () => {
  const lost = new StreamManagerError('producer-lost', 'lost', { streamId: 'tides' });
  const codec = geminiCodec();

  it('merges the partial answer from any events, and counts requests, rounds and tokens', () => {
    const events: StoredStreamEvent[] = [
      { type: 'start', id: 'tides', model: 'small', attempt: 1 },
      { type: 'text-delta', text: 'void', candidate: 0 },
      { type: 'retry', attempt: 2, delayMs: 5, discardFrom: 0, code: 'connection-lost' },
      { type: 'fallback', attempt: 3, from: 'small', to: 'large', code: 'api-error', status: 503 },
      { type: 'start', id: 'tides', model: 'large', attempt: 3 },
      { type: 'thought-delta', text: 'Hm', candidate: 0 },
      { type: 'text-delta', text: 'one ', candidate: 0 },
      { type: 'function-call-end', call: { name: 'add', args: { a: 1 } }, candidate: 0 },
      { type: 'usage', usage: { totalTokenCount: 3 } },
      { type: 'round', round: 2 },
      { type: 'text-delta', text: 'two', candidate: 0 },
      { type: 'text-delta', text: '', thoughtSignature: 'sig', candidate: 0 },
      { type: 'inline-data', mimeType: 'image/png', data: 'eA==', thought: false, candidate: 0 },
      { type: 'grounding', candidate: 0, groundingMetadata: { webSearchQueries: ['q'] } },
      { type: 'resume', attempt: 4, delayMs: 1 },
      { type: 'usage', usage: { totalTokenCount: 4 } },
    ];
    const outcome = codec.failedEnd?.(lost, events, undefined, 0).result;
    expect(outcome).toMatchObject({
      status: 'failed',
      text: 'one two',
      model: 'large',
      usage: { totalTokenCount: 4 },
      usageKind: 'last-seen',
      attempts: 4,
      attemptReports: [
        { attempt: 1, kind: 'first', model: 'small', code: 'connection-lost' },
        { attempt: 2, kind: 'restart', model: 'small', delayMs: 5, code: 'api-error', status: 503 },
        { attempt: 3, kind: 'fallback', model: 'large' },
        { attempt: 4, kind: 'resume', model: 'large', delayMs: 1 },
      ],
      response: {
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { text: 'two' },
                { text: '', thoughtSignature: 'sig' },
                { inlineData: { mimeType: 'image/png', data: 'eA==' } },
              ],
            },
            groundingMetadata: { webSearchQueries: ['q'] },
          },
        ],
      },
    });
    expect(outcome?.response.usageMetadata).toBeUndefined();
  });

  it('has the token counts in the response too, if there was one answer', () => {
    const events: StoredStreamEvent[] = [
      { type: 'text-delta', text: 'one', candidate: 0 },
      { type: 'usage', usage: { totalTokenCount: 3 } },
    ];
    const outcome = codec.failedEnd?.(lost, events, undefined, 0).result;
    expect(outcome?.response.usageMetadata).toEqual({ totalTokenCount: 3 });
    expect(codec.failedEnd?.(lost, events.slice(0, 1), undefined, 0).result?.response).not.toHaveProperty(
      'usageMetadata',
    );
  });

  it('gives no text whose beginning was trimmed, and the text of an answer that began again after that', () => {
    const events: StoredStreamEvent[] = [
      { type: 'text-delta', text: 'the end of one', candidate: 0 },
      { type: 'round', round: 2 },
      { type: 'text-delta', text: 'two', candidate: 0 },
    ];
    const trimmed = codec.failedEnd?.(lost, events, undefined, 7).result;
    expect(trimmed?.text).toBe('');
    expect(trimmed?.response.candidates?.[0]?.content?.parts).toEqual([{ text: 'two' }]);
    expect(codec.failedEnd?.(lost, events.slice(0, 1), undefined, 7).result?.response).toEqual({});
    const again: StoredStreamEvent = { type: 'retry', attempt: 2, delayMs: 5, discardFrom: 0, code: 'truncated' };
    expect(codec.failedEnd?.(lost, [...events, again, ...events], undefined, 7).result?.text).toBe('the end of onetwo');
    const late: StoredStreamEvent = { ...again, discardFrom: 9 };
    expect(codec.failedEnd?.(lost, [...events, late, ...events], undefined, 7).result?.text).toBe('');
  });

  it('maps the errors of a log to codes of a GeminiError', () => {
    const codes = (['producer-lost', 'log-unavailable', 'history-lost', 'duplicate-id', 'manager-closed'] as const).map(
      (code) => codec.failedEnd?.(new StreamManagerError(code, code), [], undefined, 0).error,
    );
    expect(codes).toMatchObject([
      { code: 'producer-lost', retryable: true },
      { code: 'log-unavailable', retryable: true },
      { code: 'history-lost', retryable: true },
      { code: 'duplicate-id', retryable: false },
      { code: 'manager-closed', retryable: true },
    ]);
  });

  it('writes each event and end as one line, from which they come back', () => {
    const event: StoredStreamEvent = { type: 'text-delta', text: 'two\nlines', candidate: 0 };
    expect(codec.encodeEvent(event)).not.toContain('\n');
    expect(codec.decodeEvent(codec.encodeEvent(event))).toEqual(event);
    const response = { candidates: [{ index: 0 }] };
    const error = new GeminiError('api-error', 'no\nquota', {
      status: 429,
      reason: 'RESOURCE_EXHAUSTED',
      details: [{ a: 1 }],
      retryable: true,
      retryAfterMs: 7,
      partial: response,
      text: 'a part',
      issues: [{ path: ['a', 0], message: 'odd' }],
    });
    const end = { status: 'stopped', reason: error, eventsCount: 2 } as const;
    expect(codec.encodeEnd(end)).not.toContain('\n');
    const { reason, ...rest } = codec.decodeEnd(codec.encodeEnd(end));
    expect(rest).toEqual({ status: 'stopped', eventsCount: 2 });
    expect(reason).toBeInstanceOf(GeminiError);
    expect(Object.entries(reason as GeminiError)).toEqual(Object.entries(error));
    expect(reason).toMatchObject({ message: 'no\nquota', partial: response, text: 'a part' });
    expect(codec.decodeEnd(codec.encodeEnd({ status: 'stopped', reason: 'left', eventsCount: 0 })).reason).toBe('left');
  });

  it.for<[string, GeminiOptions]>([
    ['a log among the bounds of the manager', { manager: { streamLog: () => undefined } as never }],
    ['a codec among the bounds of the manager', { manager: { codec: geminiCodec() } as never }],
    ['a log that is no function', { streamLog: {} as never }],
    ['a codec without methods', { codec: {} as never }],
  ])('%s is a TypeError', ([, options]) => {
    expect(() => createGemini(options)).toThrow(TypeError);
  });
});

describe('served to browsers', () => {
  it('a stream is served by every node, and an unknown id is 404', async () => {
    await using emulator = await createEmulator();
    const { nodes } = clients(2, emulator);
    const id = nodes[0].startStream('hi');
    await nodes[0].streams.attach(id);
    const [own, copied] = await Promise.all(nodes.map(async (gemini) => (await toSseResponse(gemini, id)).text()));
    expect(copied).toBe(own);
    expect(copied).toContain('event: end');
    for (const unknown of ['unknown', '{bad}']) {
      expect((await toSseResponse(nodes[1], unknown)).status).toBe(404);
    }
  });

  it('a reader that holds everything gets 204 on every node', async () => {
    await using emulator = await createEmulator();
    const { nodes } = clients(2, emulator);
    const id = nodes[0].startStream('hi');
    const { ended } = await nodes[0].streams.attach(id);
    await ended;
    const lastEventId = nodes[0].streamStatus(id)?.endPosition;
    expect((await toSseResponse(nodes[1], id, { lastEventId })).status).toBe(204);
  });

  it('a log that does not answer is 503, for a stream that is not here', async () => {
    await using emulator = await createEmulator();
    const { memory, nodes } = clients(2, emulator);
    const id = nodes[0].startStream('hi');
    await nodes[0].streams.attach(id);
    memory.isAway = true;
    const response = await toSseResponse(nodes[1], id, { headers: { 'retry-after': '1' } });
    expect(response.status).toBe(503);
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' });
    expect(await response.json()).toEqual({ error: { code: 'log-unavailable' } });
    expect((await toSseResponse(nodes[0], id)).status).toBe(200);

    const server = createServer((request, serverResponse) => {
      pipeSse(nodes[1], id, { request, response: serverResponse }).catch(() => serverResponse.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const piped = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(piped.status).toBe(503);
    expect(await piped.json()).toEqual({ error: { code: 'log-unavailable' } });
    await new Promise((resolve) => server.close(resolve));
  });
});
