import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { chunk } from './chunks.ts';
import { asking, call, echo, model, question, response, retry, run, timersCount, user } from './tool-turns.ts';
import { waitFor } from './wait-for.ts';

describe('a turn that ends while functions run', () => {
  const hanging = () => {
    const started = Promise.withResolvers<AbortSignal>();
    const hangs = tool({
      name: 'hangs',
      execute(_args, { signal }) {
        started.resolve(signal);
        return new Promise(() => {});
      },
    });
    return { started: started.promise, hangs };
  };

  it.for(['stop', 'abort', 'leave', 'manager'] as const)('the end of a turn aborts its functions: %s', async (way) => {
    await using emulator = await createEmulator(asking([{ text: 'So' }, call('hangs')]));
    const timersBefore = timersCount();
    const gemini = createGemini({ baseUrl: emulator.url });
    const { started, hangs } = hanging();
    const controller = new AbortController();
    const chat = gemini.chat({ tools: [hangs], keep: 'partial' });
    const stream = chat.stream('Go.', { signal: controller.signal });
    const reading = (async () => {
      for await (const event of stream) if (way === 'leave' && event.type === 'tool-call') break;
    })();
    const signal = await started;
    if (way === 'stop') stream.stop();
    else if (way === 'abort') controller.abort();
    else if (way === 'manager') await gemini.streams.close();
    await reading;
    const outcome = await stream.outcome;
    expect(outcome).toMatchObject({ status: 'stopped', endedBy: 'stop', text: 'So', error: { code: 'stopped' } });
    expect(outcome.turn).toMatchObject({ contents: [{ role: 'model' }], openCalls: [{ name: 'hangs' }] });
    expect(signal.reason).toMatchObject({ name: 'AbortError' });
    await waitFor(() => timersCount() <= timersBefore);
    // The history has the partial turn without its unanswered call.
    expect(chat.history).toEqual([question, model({ text: 'So' })]);
    expect(emulator.requests).toHaveLength(1);
  });

  it('a turn fails at totalTimeoutMs while functions run', async () => {
    await using emulator = await createEmulator(asking([call('hangs')]));
    const { started, hangs } = hanging();
    const stream = createGemini({ baseUrl: emulator.url, totalTimeoutMs: 200 }).stream('Go.', { tools: [hangs] });
    const { status, error } = await stream.outcome;
    expect([status, error?.code, error?.limit]).toEqual(['failed', 'total-timeout', 200]);
    expect((await started).aborted).toBe(true);
  });

  it('a turn fails with its answer while functions run', async () => {
    const body = ['data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"hangs"}}]}}]}\n\n'];
    const recording = { body: Buffer.from(body.join('')) };
    const { started, hangs } = hanging();
    const { outcome } = await run({ recording }, { tools: [hangs] });
    expect(outcome).toMatchObject({ status: 'truncated', turn: { openCalls: [{ name: 'hangs' }] } });
    expect(outcome.usageKind).toBeUndefined();
    expect((await started).aborted).toBe(true);
  });
});

describe('a model that calls functions again and again', () => {
  const endless = { script: [{ reply: { text: ['.'], functionCalls: [{ name: 'echo', args: { text: 'again' } }] } }] };

  it.for([1, 2, 5])('the model is asked %d times, and its last calls stay open', async (maxRounds) => {
    const { outcome, requests, types, chat } = await run(endless, { tools: [echo], maxRounds });
    expect(requests).toHaveLength(maxRounds);
    expect(outcome).toMatchObject({
      status: 'failed',
      text: '.'.repeat(maxRounds),
      error: { code: 'too-many-rounds', limit: maxRounds },
      usageKind: 'final',
      turn: { openCalls: [{ name: 'echo' }] },
    });
    expect(types.filter((type) => type === 'tool-result')).toHaveLength(maxRounds - 1);
    // The history keeps the functions that have run, so that the model does not run them again.
    expect(chat.history).toHaveLength(maxRounds === 1 ? 0 : 2 * maxRounds - 1);
    expect(chat.openCalls).toEqual([]);
    // The caller can continue from there.
    const history = [question, ...(outcome.turn?.contents ?? [])];
    const later = createGemini().chat({ history });
    expect(later.openCalls).toMatchObject([{ name: 'echo' }]);
  });

  it('the stream ends in the middle of an answer with too many calls', async () => {
    const calls = Array.from({ length: 200 }, (_, index) => call('echo', { text: 'again' }, `${index}`));
    const { outcome, types, requests } = await run(asking(calls), { tools: [echo] });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'too-many-calls', limit: 128 } });
    expect(types.filter((type) => type === 'tool-call').length).toBeLessThanOrEqual(128);
    expect(requests).toHaveLength(1);
  });

  it('the model is asked ten times by default', async () => {
    expect((await run(endless, { tools: [echo] })).requests).toHaveLength(10);
  });
});

describe('an answer that was cut off', () => {
  const open = { functionCall: { name: 'echo', willContinue: true } };
  const piece = { functionCall: { partialArgs: [{ jsonPath: '$.text', stringValue: 'rm -rf' }], willContinue: true } };

  it.for([
    ['truncated', undefined],
    ['completed', 'MAX_TOKENS'],
  ] as const)('a call that was cut off does not run: %s at %s', async ([status, finishReason]) => {
    const chunks = [
      chunk([open]),
      chunk([piece]),
      ...(finishReason === undefined ? [] : [{ candidates: [{ finishReason }] }]),
    ];
    const { outcome, types, requests, chat } = await run(
      { script: [{ reply: { chunks: chunks as never } }] },
      { tools: [echo] },
    );
    expect(outcome.status).toBe(status);
    expect(types).not.toContain('tool-call');
    expect(requests).toHaveLength(1);
    expect(outcome.turn?.contents).toEqual([]);
    expect(chat.history).toEqual([]);
  });

  it('a call runs if its last piece came with the finish reason', async () => {
    const chunks = [chunk([open]), chunk([piece], { finishReason: 'STOP' })];
    const script = [{ match: { turn: 1 }, reply: { chunks: chunks as never } }, { reply: { text: 'Done.' } }];
    const { contents } = await run({ script }, { tools: [echo] });
    const { args } = contents[1]?.[1]?.parts?.[0]?.functionCall ?? {};
    expect(args).toEqual({ text: 'rm -rf' });
  });

  it('a turn fails if the model made a malformed call', async () => {
    const { outcome } = await run({ scenario: 'finish-malformed-call' }, { tools: [echo] });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { name: 'GeminiError', code: 'malformed-function-call', reason: 'MALFORMED_FUNCTION_CALL' },
    });
  });

  it('keep: partial keeps the rounds before an answer that was cut off', async () => {
    const usage = { totalTokenCount: 7 };
    const script = [
      { match: { turn: 1 }, reply: { parts: [call('echo', { text: 'a' })] as never } },
      { match: { turn: 2 }, reply: { chunks: [{ ...chunk([{ text: 'So' }]), usageMetadata: usage }] as never } },
      { reply: { text: 'Done.' } },
    ];
    await using emulator = await createEmulator({ script });
    const chat = createGemini({ baseUrl: emulator.url, retry }).chat({ tools: [echo], keep: 'partial' });
    expect(await chat.stream('Go.').outcome).toMatchObject({ status: 'truncated', usageKind: 'last-seen' });
    const rounds = [model(call('echo', { text: 'a' })), user(response('echo', { said: 'a' }))];
    expect(chat.history).toEqual([question, ...rounds, model({ text: 'So' })]);
    expect(await chat.stream('Go on.').text()).toBe('Done.');
  });

  it('keep: partial keeps an unfinished call with its signature and an error result', async () => {
    const first = { ...call('hangs', {}, '1'), thoughtSignature: 'c2ln' };
    const second = call('echo', { text: 'a' }, '2');
    const hangs = tool({ name: 'hangs', execute: () => new Promise(() => {}) });
    await using emulator = await createEmulator(asking([first, second]));
    const chat = createGemini({ baseUrl: emulator.url }).chat({ tools: [echo, hangs], keep: 'partial' });
    const stream = chat.stream('Go.');
    for await (const event of stream) if (event.type === 'tool-result') stream.stop();
    const results = user(
      response('hangs', { error: 'the turn ended before it did' }, '1'),
      response('echo', { said: 'a' }, '2'),
    );
    expect(chat.history).toEqual([question, model(first, second), results]);
  });
});
