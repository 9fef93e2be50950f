import {
  createGemini,
  type Gemini,
  type GeminiOptions,
  geminiCodec,
  type StartStreamOptions,
  type StoredStreamEvent,
  type StreamOutcome,
  tool,
  type ToolOptions,
} from '@gemini/client';
import { createEmulator, type Emulator, type EmulatorOptions, type Fault } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from '../../stream-manager/test/memory-log.ts';
import { asking, call } from './tool-turns.ts';
import { waitFor } from './wait-for.ts';

const id = 'tides';
const counting = 'Count slowly from 1 to 8';
const counted = '1, 2, 3, 4, 5, 6, 7, 8.';
const codec = geminiCodec();

type StartOptions = Pick<StartStreamOptions, 'id' | 'onDuplicate'> & Pick<ToolOptions, 'tools' | 'maxParallelCalls'>;
type Start = (gemini: Gemini, options: StartOptions) => string;

const faulty = (...faults: readonly Fault[]): EmulatorOptions => ({
  scenario: { name: 'faulty', description: 'Faults of the test.', steps: [{ faults }] },
});

/** A client with a log in a memory that outlives it. */
function client(emulator: Emulator, memory: SharedMemory, options: GeminiOptions = {}): Gemini {
  const retry = { maxAttempts: 3, baseDelayMs: 0 };
  const model = 'gemini-2.5-flash';
  return createGemini({ baseUrl: emulator.url, model, retry, streamLog: () => memory.open(), ...options });
}

/** Reads a stream of a client from its first event; resolves with all events and the outcome. */
async function read(gemini: Gemini): Promise<{ events: StoredStreamEvent[]; outcome: StreamOutcome }> {
  const events: StoredStreamEvent[] = [];
  const managed = await gemini.streams.attach(id);
  managed.subscribe((event) => void (event.type === 'gap' || events.push(event)), { onHistoryLost: 'gap' });
  const { result } = await managed.ended;
  if (result === undefined) throw new Error('the stream has no outcome');
  return { events, outcome: result };
}

const textOf = (events: readonly StoredStreamEvent[]): string =>
  events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
const typesOf = (events: readonly StoredStreamEvent[]): string[] => events.map(({ type }) => type);

/** Runs a stream to its end on a node with a log. */
async function runWhole(emulator: Emulator, start: Start) {
  const gemini = client(emulator, new SharedMemory());
  start(gemini, { id });
  return read(gemini);
}

/** Lets a node take over a stream whose process was lost after these events. */
async function takeOver(
  emulator: Emulator,
  start: Start,
  events: readonly StoredStreamEvent[],
  { oldest = 0, ...options }: GeminiOptions & { oldest?: number } = {},
) {
  const memory = new SharedMemory();
  memory.streams.set(id, {
    epoch: 7,
    metadata: undefined,
    oldest,
    lines: events.slice(oldest).map((event) => codec.encodeEvent(event)),
    leader: undefined,
    end: undefined,
    followers: new Set(),
  });
  const gemini = client(emulator, memory, options);
  const before = emulator.requests.length;
  start(gemini, { id, onDuplicate: 'join' });
  const taken = await read(gemini);
  expect(taken.events.slice(0, events.length - oldest)).toEqual(
    events.slice(oldest).map((event) => codec.decodeEvent(codec.encodeEvent(event))),
  );
  return { ...taken, requests: emulator.requests.slice(before) };
}

const content: Start = (gemini, options) => gemini.startStream(counting, options);
const background: Start = (gemini, options) => gemini.interactions.start(counting, { ...options, background: true });
const foreground: Start = (gemini, options) => gemini.interactions.start(counting, options);
const unstored: Start = (gemini, options) => gemini.interactions.start(counting, { ...options, store: false });

describe('an answer is continued after any event of a lost process', () => {
  it.for<[string, Start, EmulatorOptions, string]>([
    ['a background run, by its id', background, {}, 'GET'],
    ['a background run with few event ids', background, { scenario: 'sparse-event-ids' }, 'GET'],
    ['a foreground one with event ids, by its id', foreground, { scenario: 'all-event-ids' }, 'GET'],
    ['an answer with tokens', content, faulty({ type: 'checkpoints', everyPieces: 1 }), 'POST'],
    ['an answer with some tokens', content, faulty({ type: 'checkpoints', everyPieces: 3 }), 'POST'],
    ['an interaction with tokens', foreground, faulty({ type: 'checkpoints', everyPieces: 2 }), 'POST'],
    ['one that is not stored', unstored, faulty({ type: 'checkpoints', everyPieces: 2 }), 'POST'],
  ])('%s', async ([, start, options, method]) => {
    await using emulator = await createEmulator({ ...options, pace: { burst: 1 } });
    const whole = await runWhole(emulator, start);
    expect(textOf(whole.events)).toBe(counted);
    const first = whole.events.findIndex(({ type }) => type === 'checkpoint');
    expect(first).toBeGreaterThan(-1);
    let resumesCount = 0;
    for (let length = 0; length <= whole.events.length; length += 1) {
      const told = whole.events.slice(0, length);
      const { events, outcome, requests } = await takeOver(emulator, start, told);
      // A thought is something that readers have, also if it is a signature alone.
      const canGoOn = length > first || told.every(({ type }) => type === 'start');
      if (!canGoOn) {
        expect(outcome).toMatchObject({ status: 'failed', text: textOf(told), error: { code: 'producer-lost' } });
        expect(requests).toHaveLength(0);
        continue;
      }
      expect(outcome).toMatchObject({ status: 'completed', text: counted, finishReason: 'STOP', error: undefined });
      expect(textOf(events)).toBe(counted);
      expect(requests[0]?.method).toBe(length > first ? method : 'POST');
      const added = typesOf(events.slice(length)).filter((type) => type === 'retry' || type === 'resume');
      expect(added).toEqual(length === 0 ? [] : [length > first ? 'resume' : 'retry']);
      expect(outcome.attempts).toBe(1 + typesOf(events).filter((type) => type === 'retry' || type === 'resume').length);
      if (length > first) resumesCount += 1;
    }
    expect(resumesCount).toBeGreaterThan(2);
  });

  it('with both halves of a character that two chunks share', async () => {
    await using emulator = await createEmulator({
      ...faulty({ type: 'checkpoints', everyPieces: 1 }),
      script: [{ reply: { text: ['a', 'b\uD83D', '\uDE00c', 'd'] } }],
    });
    const whole = await runWhole(emulator, content);
    const first = whole.events.findIndex(({ type }) => type === 'checkpoint');
    for (let length = first + 1; length <= whole.events.length; length += 1) {
      const { events, outcome } = await takeOver(emulator, content, whole.events.slice(0, length));
      expect([outcome.text, textOf(events)]).toEqual(['ab\u{1F600}cd', 'ab\u{1F600}cd']);
    }
  });

  it('with a call that came in pieces, if none of them was delivered', async () => {
    const piece = (value: string): object => ({
      functionCall: {
        partialArgs: [{ jsonPath: '$.city', stringValue: value, willContinue: true }],
        willContinue: true,
      },
    });
    const parts = [
      { text: 'Look: ' },
      { functionCall: { name: 'weather', id: 'w', willContinue: true } },
      piece('Os'),
      piece('lo'),
      { functionCall: { partialArgs: [{ jsonPath: '$.city', stringValue: '' }] } },
      { text: 'Done.' },
    ];
    await using emulator = await createEmulator({
      ...faulty({ type: 'checkpoints', everyPieces: 1 }),
      script: [{ reply: { parts: parts as never } }],
    });
    const tools = [{ functionDeclarations: [{ name: 'weather' }] }];
    const start: Start = (gemini, options) => gemini.startStream('Go.', { ...options, tools });
    const whole = await runWhole(emulator, start);
    const types = typesOf(whole.events);
    expect(types).toContain('function-call-delta');
    const [begin, end] = [types.indexOf('function-call-start'), types.indexOf('function-call-end')];
    for (let length = types.indexOf('checkpoint') + 1; length <= whole.events.length; length += 1) {
      const { events, outcome } = await takeOver(emulator, start, whole.events.slice(0, length));
      const settledAt = types.indexOf('checkpoint', end);
      if (length > begin && length <= settledAt) expect(outcome.error?.code).toBe('producer-lost');
      else {
        expect(outcome).toMatchObject({ status: 'completed', text: whole.outcome.text });
        expect(outcome.response.candidates?.[0]?.content).toEqual(whole.outcome.response.candidates?.[0]?.content);
        expect(typesOf(events).filter((type) => type.startsWith('function-call'))).toEqual(
          types.filter((type) => type.startsWith('function-call')),
        );
      }
    }
  });

  it('with the steps of a whole run, and without those before a token', async () => {
    await using emulator = await createEmulator(faulty({ type: 'checkpoints', everyPieces: 2 }));
    const run = await runWhole(emulator, background);
    const followed = await takeOver(emulator, background, run.events.slice(0, 4));
    expect(followed.outcome.steps).toEqual(run.outcome.steps);
    expect(followed.outcome.interactionId).toBe(run.outcome.interactionId);
    const token = await runWhole(emulator, foreground);
    const at = token.events.findIndex(({ type }) => type === 'checkpoint');
    const resumed = await takeOver(emulator, foreground, token.events.slice(0, at + 1));
    expect(resumed.outcome).not.toHaveProperty('steps');
    expect(resumed.outcome.interactionId).not.toBe(token.outcome.interactionId);
  });
});

it('an answer that had fallen back to another model is requested from that one, and then from the next', async () => {
  await using emulator = await createEmulator(faulty({ type: 'error-status' }));
  const told: StoredStreamEvent[] = [
    { type: 'start', id, model: 'gemini-2.5-pro', attempt: 1 },
    { type: 'fallback', attempt: 2, from: 'gemini-2.5-pro', to: 'gemini-2.5-flash', code: 'api-error', status: 503 },
  ];
  const model = ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-flash-latest'];
  const { outcome, requests } = await takeOver(emulator, content, told, { model, retry: { maxAttempts: 1 } });
  expect(requests.map(({ path }) => /models\/([^:]+):/.exec(path)?.[1])).toEqual(model.slice(1));
  expect(outcome).toMatchObject({ status: 'failed', model: 'gemini-flash-latest', error: { code: 'api-error' } });
});

describe('an answer that cannot be continued', () => {
  it('ends as producer-lost with what came, and asks nothing', async () => {
    await using emulator = await createEmulator();
    const whole = await runWhole(emulator, content);
    expect(typesOf(whole.events)).not.toContain('checkpoint');
    const told = whole.events.slice(0, 2);
    const { events, outcome, requests } = await takeOver(emulator, content, told);
    expect(events).toEqual(told);
    expect(requests).toEqual([]);
    expect(outcome).toMatchObject({
      status: 'failed',
      text: textOf(told),
      attempts: 1,
      attemptReports: [{ attempt: 1, kind: 'first', code: 'producer-lost' }],
      error: { code: 'producer-lost', retryable: true },
    });
    expect(outcome.error?.partial).toBe(outcome.response);
  });

  it('starts over if the caller allows it', async () => {
    await using emulator = await createEmulator();
    const start: Start = (gemini, options) => gemini.startStream(counting, { ...options, restart: true });
    const whole = await runWhole(emulator, start);
    const { events, outcome } = await takeOver(emulator, start, whole.events.slice(0, 2));
    expect(outcome).toMatchObject({ status: 'completed', text: counted, attempts: 2 });
    expect(events[2]).toEqual({ type: 'retry', attempt: 2, delayMs: 0, code: 'producer-lost', discardFrom: 0 });
    expect(textOf(events.slice(2))).toBe(counted);
  });

  it('is one whose first events were trimmed from the log, and its text without its beginning is no answer so far', async () => {
    await using emulator = await createEmulator();
    const whole = await runWhole(emulator, background);
    const { outcome, requests } = await takeOver(emulator, background, whole.events, { oldest: 3 });
    expect(outcome.error).toMatchObject({ code: 'producer-lost' });
    expect(outcome).toMatchObject({ text: '', response: {} });
    expect(requests).toEqual([]);
  });

  it('is one that another model began, or that is too long to compare', async () => {
    await using emulator = await createEmulator(faulty({ type: 'checkpoints', everyPieces: 1 }));
    const whole = await runWhole(emulator, content);
    const told = whole.events.slice(0, -2);
    const other = await takeOver(emulator, content, told, { model: 'gemini-2.5-pro' });
    expect(other.outcome.error?.code).toBe('producer-lost');
    const run = await runWhole(emulator, background);
    const long = await takeOver(emulator, background, run.events, { maxResponseBytes: 20 });
    expect(long.outcome.error?.code).toBe('producer-lost');
    expect([other.requests.length, long.requests.length]).toEqual([0, 0]);
  });

  it('is one whose run answers something else: the mismatch has an error of its own', async () => {
    await using emulator = await createEmulator();
    const whole = await runWhole(emulator, background);
    const told = whole.events
      .slice(0, 5)
      .map((event) => (event.type === 'text-delta' ? { ...event, text: event.text.replace('2', '9') } : event));
    const { outcome } = await takeOver(emulator, background, told);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'resume-mismatch' }, text: textOf(told) });
  });
});

it('sources that come again are delivered once', async () => {
  const steps = [
    { type: 'google_search_call', id: 's', arguments: { queries: ['rivers'] } },
    { type: 'model_output', content: [{ type: 'text', text: 'Rivers.' }] },
  ];
  await using emulator = await createEmulator({ script: [{ reply: { steps } }] });
  const whole = await runWhole(emulator, background);
  const sources = whole.events.filter(({ type }) => type === 'grounding');
  expect(sources).toHaveLength(1);
  const at = whole.events.findIndex(({ type }) => type === 'grounding') + 1;
  const { events, outcome } = await takeOver(emulator, background, whole.events.slice(0, at));
  expect(events.filter(({ type }) => type === 'grounding')).toEqual(sources);
  expect(outcome.response.candidates).toEqual(whole.outcome.response.candidates);
});

it('a start that joined earlier takes over when the process is lost, and its readers notice nothing', async () => {
  await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 1 } });
  const memory = new SharedMemory();
  const [dying, heir] = [client(emulator, memory), client(emulator, memory)];
  background(dying, { id });
  await dying.streams.attach(id);
  background(heir, { id, onDuplicate: 'join' });
  const reading = read(heir);
  const copy = await heir.streams.attach(id);
  await new Promise<void>((resolve) => {
    copy.subscribe((event) => {
      if (event.type === 'text-delta') resolve();
    });
  });
  memory.lose(id);
  const { events, outcome } = await reading;
  expect(outcome).toMatchObject({ status: 'completed', text: counted });
  expect(textOf(events)).toBe(counted);
  expect(emulator.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
  await Promise.all([dying.streams.close(), heir.streams.close()]);
  await waitFor(() => emulator.requests.every(({ closedBy }) => closedBy !== undefined));
});

describe('a process that closes', () => {
  const slow: EmulatorOptions = { pace: { tokensPerSecond: 40, burst: 1 } };
  const never = tool({ name: 'never', execute: () => new Promise(() => {}) });

  /** Starts a stream on a process, which closes after the first event of a type. */
  async function closeAfter(type: StoredStreamEvent['type'], options: EmulatorOptions, start: Start) {
    await using emulator = await createEmulator(options);
    const memory = new SharedMemory();
    const [leaving, heir] = [client(emulator, memory), client(emulator, memory)];
    start(leaving, { id });
    await leaving.streams.attach(id);
    start(heir, { id, onDuplicate: 'join' });
    const reading = read(heir);
    await new Promise<void>((resolve) => {
      leaving.streams.get(id)?.subscribe((event) => {
        if (event.type === type) resolve();
      });
    });
    const ended = leaving.streams.get(id)?.ended;
    await leaving.streams.close({ handOver: true });
    return { ...(await reading), left: (await ended)?.result, requests: emulator.requests };
  }

  it.for<[string, StoredStreamEvent['type'], EmulatorOptions, Start]>([
    ['an answer with tokens', 'checkpoint', { ...slow, ...faulty({ type: 'checkpoints', everyPieces: 1 }) }, content],
    ['a run', 'text-delta', slow, background],
    ['an answer without content', 'start', { pace: { timeToFirstTokenMs: 300 } }, content],
  ])('hands %s over, and its own outcome says so', async ([, type, options, start]) => {
    const { events, outcome, left, requests } = await closeAfter(type, options, start);
    expect(outcome).toMatchObject({ status: 'completed', text: counted });
    expect(textOf(events)).toBe(counted);
    expect(left).toMatchObject({ status: 'failed', error: { code: 'manager-closed' } });
    expect(counted.startsWith(left?.text ?? '-')).toBe(true);
    expect(requests).toHaveLength(2);
  });

  it.for<[string, StoredStreamEvent['type'], EmulatorOptions, Start]>([
    ['an answer that has no token', 'text-delta', slow, content],
    [
      'a turn whose function may not run twice',
      'tool-call',
      asking([call('never')]),
      (gemini, options) => gemini.startStream('Go.', { ...options, tools: [never] }),
    ],
  ])('stops %s', async ([, type, options, start]) => {
    const { outcome, left, requests } = await closeAfter(type, options, start);
    expect([outcome.status, left?.status]).toEqual(['stopped', 'stopped']);
    expect(requests).toHaveLength(1);
  });
});

describe('a turn with functions', () => {
  /** Starts a turn whose function is counted. */
  const turn = (more: { idempotent?: boolean } = {}) => {
    const counts = { runs: 0 };
    const add = tool({ name: 'add', ...more, execute: () => ({ sum: (counts.runs += 1) }) });
    const start: Start = (gemini, options) => gemini.startStream('1 + 1', { ...options, tools: [add] });
    return { add, counts, start };
  };

  it('runs no function twice whose result is known, whatever the event after which its process was lost', async () => {
    await using emulator = await createEmulator(
      asking([{ text: 'Let me see. ' }, call('add', { a: 1 }), call('add', { a: 2 }, 'second')]),
    );
    const { counts, start } = turn({ idempotent: true });
    const whole = await runWhole(emulator, start);
    expect(whole.outcome).toMatchObject({ status: 'completed', text: 'Let me see. Done.' });
    const isWhole = whole.events.findIndex(({ type }) => type === 'checkpoint');
    const last = whole.events.findIndex(({ type }) => type === 'round');
    expect(isWhole).toBeGreaterThan(-1);
    for (let length = isWhole + 1; length <= last + 2; length += 1) {
      counts.runs = 0;
      const told = whole.events.slice(0, length);
      const resultsCount = told.filter(({ type }) => type === 'tool-result').length;
      const { events, outcome, requests } = await takeOver(emulator, start, told);
      expect(outcome).toMatchObject({ status: 'completed', text: 'Let me see. Done.' });
      expect(outcome.turn?.rounds).toMatchObject([{ round: 1, callsCount: 2 }, { round: 2 }]);
      expect(outcome.turn?.openCalls).toEqual([]);
      expect(outcome.usage?.totalTokenCount).toBe(whole.outcome.usage?.totalTokenCount);
      expect(counts.runs).toBe(2 - resultsCount);
      expect(typesOf(events).filter((type) => type === 'round')).toHaveLength(1);
      expect(requests).toHaveLength(1);
      const { contents } = (requests[0]?.body ?? {}) as { contents: { role: string; parts: object[] }[] };
      expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user']);
      expect(contents[1]?.parts).toHaveLength(3);
      expect(contents[2]?.parts).toHaveLength(2);
    }
  });

  it('ends as producer-lost if a function had begun that may not run twice', async () => {
    await using emulator = await createEmulator(asking([call('add', { a: 1 })]));
    const { counts, start } = turn();
    const whole = await runWhole(emulator, start);
    const begun = whole.events.findIndex(({ type }) => type === 'tool-call') + 1;
    counts.runs = 0;
    const { outcome, requests } = await takeOver(emulator, start, whole.events.slice(0, begun));
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
    expect(outcome.error?.message).toContain('add had begun');
    expect([counts.runs, requests.length]).toEqual([0, 0]);
    const answered = await takeOver(emulator, start, whole.events.slice(0, begun + 3));
    expect(answered.outcome).toMatchObject({ status: 'completed', text: 'Done.' });
    expect(counts.runs).toBe(0);
  });

  it('runs a function that had not begun, although another one had ended', async () => {
    await using emulator = await createEmulator(asking([call('add', { a: 1 }), call('add', { a: 2 }, 'second')]));
    const { counts, start } = turn();
    const inTurn: Start = (gemini, options) => start(gemini, { ...options, maxParallelCalls: 1 });
    const whole = await runWhole(emulator, inTurn);
    const at = whole.events.findIndex(({ type }) => type === 'tool-result') + 1;
    counts.runs = 0;
    const { outcome } = await takeOver(emulator, inTurn, whole.events.slice(0, at));
    expect(outcome).toMatchObject({ status: 'completed', text: 'Done.' });
    expect(counts.runs).toBe(1);
  });

  it('asks the model that answered before', async () => {
    await using emulator = await createEmulator(asking([call('add', { a: 1 })]));
    const { add } = turn();
    const model = ['not-a-model', 'gemini-2.5-flash'];
    const either: Start = (gemini, options) => gemini.startStream('1 + 1', { ...options, model, tools: [add] });
    const whole = await runWhole(emulator, either);
    const at = whole.events.findIndex(({ type }) => type === 'round') + 1;
    const { outcome, requests } = await takeOver(emulator, either, whole.events.slice(0, at));
    expect(outcome).toMatchObject({ status: 'completed', text: 'Done.', model: 'gemini-2.5-flash' });
    expect(requests.map(({ path }) => path)).toEqual([expect.stringContaining('gemini-2.5-flash')]);
  });

  it('of interactions continues after the results of a stored one, and has no steps', async () => {
    const lookUp = tool({ name: 'look_up', idempotent: true, execute: () => ({ at: 3 }) });
    const steps = [{ type: 'function_call', id: 'c', name: 'look_up', arguments: {} }];
    await using emulator = await createEmulator({
      script: [{ match: { turn: 1 }, reply: { steps } }, { reply: { text: ['At three.'] } }],
    });
    const begin =
      (store: boolean): Start =>
      (gemini, options) =>
        gemini.interactions.start('When?', { ...options, store, tools: [lookUp] });
    for (const store of [true, false]) {
      const whole = await runWhole(emulator, begin(store));
      expect(whole.outcome).toMatchObject({ status: 'completed', text: 'At three.' });
      const at = whole.events.findIndex(({ type }) => type === 'tool-result') + 1;
      const { outcome } = await takeOver(emulator, begin(store), whole.events.slice(0, at + 1));
      if (store) expect(outcome).toMatchObject({ status: 'completed', text: 'At three.' });
      else expect(outcome).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
      expect(outcome).not.toHaveProperty('steps');
    }
  });
});
