import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type Fault } from '../src/index.ts';
import { nextStatus, type InteractionChange, type InteractionStatus } from '../src/interactions/interaction-status.ts';
import {
  create,
  get,
  type Interaction,
  type InteractionEvent,
  lastOf,
  model,
  readEvents,
  send,
  stepText,
  stream,
  textOf,
  typesOf,
} from './interaction-calls.ts';

const counting = { input: 'Count slowly from 1 to 8' };
const counted = '1, 2, 3, 4, 5, 6, 7, 8.';
const slow = { pace: { tokensPerSecond: 5, burst: 1 } } as const;

async function follow(emulator: Emulator, id: string | undefined, after?: string): Promise<InteractionEvent[]> {
  const query = after === undefined ? '' : `&last_event_id=${after}`;
  return readEvents(
    await (await send(emulator, undefined, { path: `/${id}?stream=true${query}`, method: 'GET' })).text(),
  );
}

/** The events that the first request was sent. */
function toldIn({ requests }: Emulator): InteractionEvent[] {
  return readEvents(`${requests[0]?.writes.map(({ text }) => text).join('')}\n\n`);
}

function faulty(...faults: Fault[]) {
  return { scenario: { name: 'faulty', description: 'Faults of the test.', steps: [{ faults }] } };
}

describe('a background run', () => {
  it('is answered at once, and continues without a reader', async () => {
    await using emulator = await createEmulator();
    const started = await create(emulator, { ...counting, background: true });
    expect(started).toMatchObject({ id: expect.any(String) as string, status: 'in_progress' });
    expect(started).not.toHaveProperty('steps');
    const events = await follow(emulator, started.id);
    expect(textOf(events)).toBe(counted);
    expect(await get(emulator, started.id)).toMatchObject({ status: 'completed' });
  });

  it('has an id on every event, from each of which it can be followed', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { ...counting, background: true });
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(events.length);
    const id = events[0]?.interaction?.id;
    for (const [place, event] of events.entries()) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await follow(emulator, id, event.event_id)).toEqual(events.slice(place + 1));
    }
  });

  it('is followed live by several readers, each from its own place', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 200, burst: 1 } });
    const { id } = await create(emulator, { ...counting, background: true });
    const early = follow(emulator, id);
    const [first, second] = await Promise.all([early, follow(emulator, id)]);
    expect(first).toEqual(second);
    expect(await follow(emulator, id, first[5]?.event_id)).toEqual(first.slice(6));
    expect(textOf(first)).toBe(counted);
  });

  it.for<[on: string, hasId: (event: InteractionEvent, place: number) => boolean]>([
    ['none', () => false],
    ['deltas', ({ event_type: type }) => type === 'step.delta'],
    ['some', ({ event_type: type }, place) => type === 'step.delta' && place % 3 === 0],
  ])('may have ids on some events only: %s', async ([on, hasId]) => {
    await using emulator = await createEmulator(faulty({ type: 'event-ids', on }));
    const events = await stream(emulator, { ...counting, background: true });
    expect(events.map(({ event_id: id }) => id !== undefined)).toEqual(events.map(hasId));
    const known = events.findLastIndex(({ event_id: id }) => id !== undefined);
    const rest = await follow(emulator, events[0]?.interaction?.id, events[known]?.event_id);
    expect(rest).toEqual(events.slice(known + 1));
  });

  it('is not touched by a cut of its connection', async () => {
    await using emulator = await createEmulator({
      scenario: {
        name: 'cut',
        description: 'Cut, then followed.',
        steps: [{ faults: [{ type: 'cut', how: 'reset', afterEvents: 6 }] }, { faults: [] }],
      },
    });
    await expect(stream(emulator, { ...counting, background: true })).rejects.toThrow('terminated');
    const told = toldIn(emulator);
    expect(lastOf(told)).toBeUndefined();
    const rest = await follow(emulator, told[0]?.interaction?.id, told.at(-1)?.event_id);
    expect(textOf([...told, ...rest])).toBe(counted);
  });

  it('is cancelled, and its readers get the last event', async () => {
    await using emulator = await createEmulator(slow);
    const { id } = await create(emulator, { ...counting, background: true });
    const following = follow(emulator, id);
    await emulator.whenReceived(2);
    const cancelled = await send(emulator, undefined, { path: `/${id}/cancel` });
    expect(await cancelled.json()).toMatchObject({ id, status: 'cancelled' });
    const events = await following;
    expect(lastOf(events)).toMatchObject({ id, status: 'cancelled' });
    expect(await get(emulator, id)).toMatchObject({ status: 'cancelled' });
    // Cancelled once more, nothing changes.
    expect(await (await send(emulator, {}, { path: `/${id}/cancel` })).json()).toMatchObject({ status: 'cancelled' });
  });

  it('reaches its readers after DELETE', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 1 } });
    const { id } = await create(emulator, { ...counting, background: true });
    const following = follow(emulator, id);
    await emulator.whenReceived(2);
    await send(emulator, undefined, { path: `/${id}`, method: 'DELETE' });
    expect(textOf(await following)).toBe(counted);
  });

  it.for<[name: string, path: string, body: object | undefined, method: string, code: string]>([
    ['cancels a foreground interaction', '/cancel', {}, 'POST', 'failed_precondition'],
    ['follows from an unknown event', '?stream=true&last_event_id=event-99', undefined, 'GET', 'invalid_request'],
  ])('is not what a request means that %s', async ([, path, body, method, code]) => {
    await using emulator = await createEmulator();
    const { id } = await create(emulator, counting);
    const response = await send(emulator, body, { path: `/${id}${path}`, method });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code } }]);
  });

  it('refuses another turn while it runs', async () => {
    await using emulator = await createEmulator(slow);
    const { id } = await create(emulator, { ...counting, background: true });
    const response = await send(emulator, { model, input: 'And?', previous_interaction_id: id });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'failed_precondition' } }]);
  });

  it('ends with the emulator', async () => {
    const timersCount = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timersCount();
    const emulator = await createEmulator(slow);
    await create(emulator, { ...counting, background: true });
    await emulator.close();
    expect(timersCount()).toBeLessThanOrEqual(before);
  });

  it('is made by an agent', async () => {
    await using emulator = await createEmulator();
    const response = await send(emulator, {
      agent: 'deep-research-preview-04-2026',
      ...counting,
      background: true,
      stream: true,
    });
    const events = readEvents(await response.text());
    expect(lastOf(events)).toMatchObject({ status: 'completed', agent: 'deep-research-preview-04-2026' });
    expect(textOf(events)).toBe(counted);
  });
});

/** Streams an answer over all its hops, each from the token of the one before. */
async function hops(emulator: Emulator, body: object, isStored: boolean): Promise<InteractionEvent[][]> {
  const streams: InteractionEvent[][] = [];
  let next: object = { ...body, store: isStored };
  for (let left = 30; left > 0; left -= 1) {
    // One hop after another.
    // oxlint-disable-next-line no-await-in-loop
    const events = await stream(emulator, next);
    streams.push(events);
    const token = lastOf(events)?.continuation_token;
    if (token === undefined) return streams;
    const { input: _input, ...rest } = body as { input: unknown };
    next = isStored
      ? { ...rest, previous_interaction_id: lastOf(events)?.id, continuation_token: token }
      : { ...body, store: false, continuation_token: token };
  }
  throw new Error('expected an end');
}

it('the id of an interaction names no other one after the emulator was started again', async () => {
  const idOf = async (input: string): Promise<string | undefined> => {
    await using emulator = await createEmulator({ seed: 1 });
    const [created] = await stream(emulator, { model, input });
    return created?.interaction?.id;
  };
  const id = await idOf('Say one');
  expect(id).toMatch(/^v1_/);
  expect(await idOf('Say one')).toBe(id);
  expect(await idOf('Say two')).not.toBe(id);
});

describe('a handover', () => {
  it.for([true, false])('is continued by token, in an interaction of its own: stored %s', async (isStored) => {
    await using emulator = await createEmulator({ scenario: 'continuation-chain' });
    const streams = await hops(emulator, counting, isStored);
    expect(streams.length).toBeGreaterThan(1);
    expect(streams.map(lastOf).map((last) => last?.status)).toEqual([
      ...streams.slice(1).map(() => 'requires_continuation'),
      'completed',
    ]);
    expect(streams.map(textOf).join('')).toBe(counted);
    for (const events of streams) {
      expect(events.find(({ step }) => step !== undefined)?.index).toBe(0);
      const starts = events.filter(({ event_type: type }) => type === 'step.start').length;
      expect(events.filter(({ event_type: type }) => type === 'step.stop')).toHaveLength(starts);
    }
    expect(new Set(streams.map((events) => events[0]?.interaction?.id)).size).toBe(isStored ? streams.length : 1);
  });

  it('never tells a call in halves', async () => {
    const args = { text: 'one two three four five six seven eight nine ten' };
    const steps = [
      { type: 'model_output', content: [{ type: 'text', text: 'Let me see.' }] },
      { type: 'function_call', id: 'f', name: 'look', arguments: args },
      { type: 'function_call', id: 'g', name: 'look', arguments: args },
    ];
    await using emulator = await createEmulator({
      script: [{ reply: { steps } }],
      pace: { burst: 2 },
      ...faulty({ type: 'continuation', afterPieces: 2 }),
    });
    const streams = await hops(emulator, counting, true);
    const calls = streams.flatMap((events) => {
      const begun = events.filter(({ step }) => step?.type === 'function_call');
      return begun.map(
        ({ index }) =>
          JSON.parse(
            events.map(({ delta, index: own }) => (own === index ? (delta?.arguments ?? '') : '')).join(''),
          ) as unknown,
      );
    });
    expect(calls).toEqual([args, args]);
  });

  it.for<[name: string, next: (last: Interaction | undefined) => object]>([
    ['of another interaction', (last) => ({ continuation_token: last?.continuation_token })],
    [
      'beside an input',
      (last) => ({ ...counting, previous_interaction_id: last?.id, continuation_token: last?.continuation_token }),
    ],
    [
      'in the background',
      (last) => ({ background: true, previous_interaction_id: last?.id, continuation_token: last?.continuation_token }),
    ],
  ])('whose token is used %s is refused', async ([, next]) => {
    await using emulator = await createEmulator({ scenario: 'continuation' });
    const last = lastOf(await stream(emulator, counting));
    const response = await send(emulator, { model, ...next(last) });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid_request' } }]);
  });
});

describe('a checkpoint', () => {
  it('has a token, from which the text after it is generated again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), async (everyPieces, burst) => {
        await using emulator = await createEmulator({
          pace: { burst },
          ...faulty({ type: 'checkpoints', everyPieces }),
        });
        const body = { input: 'Write about rivers in 40 words' };
        const events = await stream(emulator, body);
        const whole = textOf(events);
        for (const [place, { continuation_token: token }] of events.entries()) {
          // The emulator holds a thousand tokens.
          if (token === undefined || place % 5 > 0) continue;
          const hop = { previous_interaction_id: events[0]?.interaction?.id, continuation_token: token };
          // oxlint-disable-next-line no-await-in-loop
          const rest = await stream(emulator, hop);
          expect(textOf(events.slice(0, place)) + textOf(rest)).toBe(whole);
        }
      }),
      { numRuns: 12 },
    );
  });

  it.for(['checkpoint-then-reset', 'checkpoint-then-text-then-reset', 'checkpoint-then-close'])(
    'survives the loss of its connection: %s',
    async (scenario) => {
      await using emulator = await createEmulator({ scenario });
      await stream(emulator, counting).catch(() => undefined);
      const told = toldIn(emulator);
      const place = told.findLastIndex(({ continuation_token: token }) => token !== undefined);
      const hop = {
        previous_interaction_id: told[0]?.interaction?.id,
        continuation_token: told[place]?.continuation_token,
      };
      const rest = await stream(emulator, hop);
      expect(textOf(told.slice(0, place)) + textOf(rest)).toBe(counted);
    },
  );
});

describe('a fault', () => {
  it.for<[scenario: string, status: number, code: string]>([
    ['always-unavailable', 503, 'service_unavailable'],
    ['quota-per-day', 429, 'quota_exceeded'],
    ['quota-retry-info', 429, 'rate_limit_exceeded'],
    ['unauthenticated', 401, 'authentication'],
    ['permission-denied', 403, 'permission_denied'],
    ['internal-then-fine', 500, 'api_error'],
  ])('refuses in the form of this API: %s', async ([scenario, status, code]) => {
    await using emulator = await createEmulator({ scenario });
    const response = await send(emulator, { model, ...counting });
    expect([response.status, await response.json()]).toEqual([
      status,
      { error: { code, message: expect.any(String) as string } },
    ]);
  });

  it('is an error event in the form of this API, and nothing follows it', async () => {
    await using emulator = await createEmulator({ scenario: 'error-event' });
    const response = await send(emulator, { model, ...counting, stream: true });
    const body = await response.text();
    expect(body).toMatch(
      /event: error\ndata: \{"error":\{"message":"[^"]+","code":"service_unavailable"\},"event_type":"error"\}\n\n$/u,
    );
    const [request] = emulator.requests;
    expect(request).toMatchObject({ scenario: 'error-event', status: 200 });
  });

  it.for<[scenario: string, isRight: (body: string) => boolean]>([
    ['no-done-sentinel', (body) => !body.includes('[DONE]')],
    ['finish-never', (body) => !body.includes('interaction.completed')],
    ['finish-max-tokens', (body) => body.includes('"status":"incomplete"')],
    ['blocked-prompt', (body) => body.includes('"status":"failed"')],
    ['no-space-after-colon', (body) => body.includes('\ndata:{')],
    ['cr-line-ends', (body) => !body.includes('\n') && body.includes('\r\r')],
    ['id-line-before-data', (body) => /^id: .*\nevent: interaction\.created\ndata: /mu.test(body)],
    ['several-data-lines', (body) => /^data: \{\ndata: /mu.test(body)],
  ])('changes the stream: %s', async ([scenario, isRight]) => {
    await using emulator = await createEmulator({ scenario });
    const response = await send(emulator, { model, ...counting, stream: true });
    expect(await response.text()).toSatisfy(isRight);
  });

  it('is chosen by a header or the path, for one request', async () => {
    await using emulator = await createEmulator();
    const headers = { 'x-emulator-scenario': 'always-unavailable' };
    expect((await send(emulator, { model, ...counting }, { headers })).status).toBe(503);
    const response = await fetch(`${emulator.url}/__scenario/quota-per-day/v1beta/interactions`, {
      method: 'POST',
      body: JSON.stringify({ model, ...counting }),
    });
    expect(response.status).toBe(429);
    expect((await send(emulator, { model, ...counting })).status).toBe(200);
  });
});

describe('the status', () => {
  const change: fc.Arbitrary<InteractionChange> = fc.oneof(
    fc.record({
      type: fc.constant('end' as const),
      status: fc.constantFrom('completed', 'requires_action', 'no such status'),
    }),
    fc.constantFrom({ type: 'fail' as const }, { type: 'cancel' as const }),
  );

  it('never changes again once it has ended', () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        let status: InteractionStatus = 'in_progress';
        for (const each of changes) {
          const next = nextStatus(status, each);
          if (status !== 'in_progress') expect(next).toBe(status);
          expect(next).not.toBe('in_progress');
          status = next;
        }
      }),
    );
  });
});

describe('a recorded interaction', () => {
  const recorded = readFileSync(new URL('interaction-recording.sse', import.meta.url), 'utf8');

  it('is replayed byte for byte', async () => {
    await using emulator = await createEmulator({
      recording: { body: Buffer.from(recorded), contentType: 'text/event-stream' },
    });
    expect(await (await send(emulator, { model, ...counting, stream: true })).text()).toBe(recorded);
  });

  it('is run in the background, with ids', async () => {
    const events = readEvents(recorded);
    await using emulator = await createEmulator({ script: [{ reply: { events: events as never } }] });
    const run = await stream(emulator, { ...counting, background: true });
    expect(typesOf(run)).toEqual(typesOf(events));
    expect(textOf(run)).toBe(textOf(events));
    expect(lastOf(run)?.usage).toEqual(lastOf(events)?.usage);
    const id = lastOf(run)?.id;
    expect(id).not.toBe(lastOf(events)?.id);
    expect(await follow(emulator, id, run[4]?.event_id)).toEqual(run.slice(5));
    expect(stepText(await get(emulator, id))).toBe('Rivers run to the sea.');
  });
});
