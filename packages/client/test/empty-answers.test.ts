import { createGemini, tool, type EmptyAnswer, type GeminiStreamEvent } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk, type Chunks } from './chunks.ts';

const ended = (finishReason: string, more: object = {}): object => ({ candidates: [{ finishReason, ...more }] });
const thought = chunk([{ text: 'Let me see.', thought: true }]);

describe('an answer without anything to use', () => {
  it.for<[name: string, chunks: Chunks, reason: string]>([
    ['no content', [ended('STOP')], 'STOP'],
    ['an empty text', [chunk([{ text: '' }], { finishReason: 'STOP' })], 'STOP'],
    ['thoughts alone', [thought, ended('STOP')], 'STOP'],
    [
      'a thought that is an image',
      [chunk([{ thought: true, inlineData: { mimeType: 'image/png', data: 'eA==' } }]), ended('STOP')],
      'STOP',
    ],
    ['a signature alone', [chunk([{ thoughtSignature: 'c2ln' }], { finishReason: 'STOP' })], 'STOP'],
    ['the limit of tokens', [thought, ended('MAX_TOKENS')], 'MAX_TOKENS'],
    ['another reason', [ended('OTHER')], 'OTHER'],
    ['no image', [ended('NO_IMAGE')], 'NO_IMAGE'],
    ['another fault of an image', [ended('IMAGE_OTHER')], 'IMAGE_OTHER'],
    ['a malformed call', [ended('MALFORMED_FUNCTION_CALL')], 'MALFORMED_FUNCTION_CALL'],
    [
      'a malformed call after text',
      [chunk([{ text: 'a' }]), ended('MALFORMED_FUNCTION_CALL')],
      'MALFORMED_FUNCTION_CALL',
    ],
    ['an unexpected call', [ended('UNEXPECTED_TOOL_CALL')], 'UNEXPECTED_TOOL_CALL'],
    ['too many calls', [ended('TOO_MANY_TOOL_CALLS')], 'TOO_MANY_TOOL_CALLS'],
    ['a missing signature', [ended('MISSING_THOUGHT_SIGNATURE')], 'MISSING_THOUGHT_SIGNATURE'],
    ['a malformed response', [ended('malformed_response')], 'MALFORMED_RESPONSE'],
  ])('fails by default, and completes on request: %s', async ([, chunks, reason]) => {
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream('hi');
    expect(await stream.outcome).toMatchObject({
      status: 'failed',
      endedBy: 'end',
      error: { code: 'empty-answer', reason, retryable: reason !== 'MAX_TOKENS' },
    });
    await expect(stream.text()).rejects.toMatchObject({ code: 'empty-answer' });
    await expect(stream.response).rejects.toMatchObject({ code: 'empty-answer', partial: {} });
    expect(emulator.requests).toHaveLength(1);
    expect(await gemini.stream('hi', { emptyAnswer: 'complete' }).outcome).toMatchObject({ status: 'completed' });
  });

  it('the error has the finish message', async () => {
    const chunks = [ended('MALFORMED_FUNCTION_CALL', { finishMessage: 'Malformed function call: f(' })];
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const { error } = await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
    expect(error?.message).toContain('Malformed function call: f(');
  });

  it('keepContent: false does not make an answer empty', async () => {
    await using emulator = await createEmulator({
      recording: { body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' })) },
    });
    const { outcome } = createGemini({ baseUrl: emulator.url }).stream('hi', { keepContent: false });
    expect((await outcome).status).toBe('completed');
  });
});

describe('an answer with something to use', () => {
  it.for<[name: string, chunks: Chunks]>([
    ['text up to the limit of tokens', [chunk([{ text: 'a' }], { finishReason: 'MAX_TOKENS' })]],
    ['text and another reason', [chunk([{ text: 'a' }], { finishReason: 'OTHER' })]],
    ['a reason in lower case', [chunk([{ text: 'a' }], { finishReason: 'stop' })]],
    ['a call', [chunk([{ functionCall: { name: 'f' } }], { finishReason: 'STOP' })]],
    ['an image', [chunk([{ inlineData: { mimeType: 'image/png', data: 'eA==' } }], { finishReason: 'STOP' })]],
    ['a file', [chunk([{ fileData: { fileUri: 'https://files.example/1' } }], { finishReason: 'STOP' })]],
    ['code', [chunk([{ executableCode: { language: 'PYTHON', code: 'print(1)' } }], { finishReason: 'STOP' })]],
    ['the second candidate', [chunk([{ text: 'a' }], { index: 1, finishReason: 'STOP' }), ended('STOP')]],
  ])('completes: %s', async ([, chunks]) => {
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    expect(await createGemini({ baseUrl: emulator.url }).stream('hi').outcome).toMatchObject({ status: 'completed' });
  });
});

describe('emptyAnswer: retry', () => {
  const empty = { reply: { text: '' } };
  const good = { reply: { text: 'Here it is.' } };

  it('an empty answer is requested once more, and the next answer counts', async () => {
    await using emulator = await createEmulator({ script: [{ ...empty, times: 1 }, good] });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi', { emptyAnswer: 'retry' });
    const events: GeminiStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.find(({ type }) => type === 'retry')).toMatchObject({ code: 'empty-answer', attempt: 2 });
    expect(await stream.outcome).toMatchObject({ status: 'completed', text: 'Here it is.', attempts: 2 });
  });

  it.for([false, { maxAttempts: 1 }, { maxAttempts: 5, baseDelayMs: 1 }] as const)(
    'a model that never answers gets two requests in all, with retry: %j',
    async (retry) => {
      await using emulator = await createEmulator({ script: [empty] });
      const gemini = createGemini({ baseUrl: emulator.url, emptyAnswer: 'retry', retry });
      expect(await gemini.stream('hi').outcome).toMatchObject({ status: 'failed', error: { code: 'empty-answer' } });
      expect(emulator.requests).toHaveLength(2);
    },
  );

  it('thoughts of the empty answer are discarded', async () => {
    const reply = {
      chunks: [{ candidates: [{ content: { parts: [{ text: 'Hm.', thought: true }] }, finishReason: 'STOP' }] }],
    };
    await using emulator = await createEmulator({ script: [{ reply, times: 1 }, good] });
    const stream = createGemini({ baseUrl: emulator.url, emptyAnswer: 'retry' }).stream('hi');
    const events: GeminiStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.find(({ type }) => type === 'retry')).toMatchObject({ code: 'empty-answer', discardFrom: 0 });
    expect(await stream.text()).toBe('Here it is.');
  });

  it('an empty answer after a function call discards nothing of the answers before it', async () => {
    const thoughts = {
      chunks: [{ candidates: [{ content: { parts: [{ text: 'Hm.', thought: true }] }, finishReason: 'STOP' }] }],
    };
    const script = [
      { reply: { text: 'Let me look.', functionCalls: [{ name: 'look', args: {} }] }, times: 1 },
      { reply: thoughts, times: 1 },
      { reply: { text: ' Found.' } },
    ];
    await using emulator = await createEmulator({ script });
    const look = tool({ name: 'look', execute: () => ({ found: true }) });
    const stream = createGemini({ baseUrl: emulator.url, emptyAnswer: 'retry' }).stream('Look', { tools: [look] });
    const retries: GeminiStreamEvent[] = [];
    for await (const event of stream) if (event.type === 'retry') retries.push(event);
    expect(retries).toMatchObject([{ code: 'empty-answer' }]);
    expect(retries[0]).not.toHaveProperty('discardFrom');
    expect(await stream.text()).toBe('Let me look. Found.');
  });

  it.for(['sometimes', true, null])('the value %j is a TypeError', (emptyAnswer) => {
    const message = "emptyAnswer: expected 'fail', 'complete' or 'retry'";
    expect(() => createGemini({ emptyAnswer: emptyAnswer as EmptyAnswer })).toThrow(message);
    expect(() => createGemini().stream('hi', { emptyAnswer: emptyAnswer as EmptyAnswer })).toThrow(message);
  });
});

describe('a refused answer', () => {
  it.for(['SAFETY', 'safety', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'LANGUAGE'])(
    'with the reason %s is blocked: text() and textStream reject, response resolves',
    async (reason) => {
      await using emulator = await createEmulator({ recording: { body: body(chunk([{ text: 'a' }]), ended(reason)) } });
      const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
      const texts: string[] = [];
      const read = async (): Promise<void> => {
        for await (const text of stream.textStream) texts.push(text);
      };
      await expect(read()).rejects.toMatchObject({ name: 'GeminiError', code: 'blocked', reason });
      expect(texts).toEqual(['a']);
      await expect(stream.text()).rejects.toMatchObject({ code: 'blocked', reason });
      await expect(stream.response).resolves.toMatchObject({ candidates: [{ finishReason: reason }] });
      expect(await stream.outcome).toMatchObject({ status: 'blocked', error: undefined });
      for await (const event of stream) if (event.type === 'end') expect(event.outcome.status).toBe('blocked');
    },
  );

  it('a refused prompt rejects text() with its reason', async () => {
    await using emulator = await createEmulator({ script: [{ reply: { blockReason: 'PROHIBITED_CONTENT' } }] });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    await expect(stream.text()).rejects.toMatchObject({ code: 'blocked', reason: 'PROHIBITED_CONTENT' });
  });
});

describe('a chat whose function has run', () => {
  const call = { reply: { functionCalls: [{ name: 'pay', args: {} }] }, times: 1 };

  it.for<[name: string, reply: object]>([
    ['empty', { text: '' }],
    ['blocked', { text: 'a', finishReason: 'SAFETY' }],
    ['an error', { error: { status: 'INVALID_ARGUMENT', message: 'no' } }],
  ])('remembers that it ran if the answer after it is %s', async ([, reply]) => {
    await using emulator = await createEmulator({ script: [call, { reply, times: 1 }, { reply: { text: 'Paid.' } }] });
    let runs = 0;
    const pay = tool({ name: 'pay', execute: () => ({ paid: (runs += 1) }) });
    const chat = createGemini({ baseUrl: emulator.url }).chat({ tools: [pay] });
    expect((await chat.stream('Pay').outcome).status).not.toBe('completed');
    expect(chat.history).toMatchObject([
      { role: 'user', parts: [{ text: 'Pay' }] },
      { role: 'model', parts: [{ functionCall: { name: 'pay' } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'pay', response: { paid: 1 } } }] },
    ]);
    expect(await chat.stream('Did you pay?').text()).toBe('Paid.');
    expect(runs).toBe(1);
  });
});

describe('a body without any content', () => {
  it.for<[name: string, recorded: Buffer]>([
    ['an empty body', Buffer.from('')],
    ['one empty chunk', body({})],
    ['one chunk without content', body({ candidates: [{ index: 0 }] })],
    ['token counts alone', body({ usageMetadata: { promptTokenCount: 3 } })],
  ])('is requested again, up to maxAttempts: %s', async ([, recorded]) => {
    await using emulator = await createEmulator({ recording: { body: recorded } });
    const gemini = createGemini({ baseUrl: emulator.url, retry: { maxAttempts: 3, baseDelayMs: 1 } });
    const outcome = await gemini.stream('hi').outcome;
    expect(['truncated', 'failed']).toContain(outcome.status);
    expect(emulator.requests).toHaveLength(3);
  });
});

describe('a character that is cut between two events', () => {
  const halves = (text: string): Chunks => [
    chunk([{ text: `a${text.slice(0, 1)}` }]),
    chunk([{ text: `${text.slice(1)}b` }], { finishReason: 'STOP' }),
  ];

  it('is emitted whole, with the second half', async () => {
    await using emulator = await createEmulator({ recording: { body: body(...halves('😀')) } });
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    const texts: string[] = [];
    for await (const text of stream.textStream) texts.push(text);
    expect(texts).toEqual(['a', '😀b']);
    expect(await stream.text()).toBe('a😀b');
  });

  it('is emitted as it came if the other half never comes', async () => {
    const chunks = [chunk([{ text: 'a\ud83d' }]), ended('STOP')];
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const texts: string[] = [];
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi');
    for await (const text of stream.textStream) texts.push(text);
    expect(texts.join('')).toBe('a\ud83d');
  });

  it('is not joined over a thought', async () => {
    const chunks = [chunk([{ text: '\ud83d' }]), thought, chunk([{ text: '\ude00' }], { finishReason: 'STOP' })];
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const texts: string[] = [];
    for await (const event of createGemini({ baseUrl: emulator.url }).stream('hi')) {
      if (event.type === 'text-delta' || event.type === 'thought-delta') texts.push(event.text);
    }
    expect(texts).toEqual(['\ud83d', 'Let me see.', '\ude00']);
  });
});

describe('a streamed call whose pieces repeat its id and name', () => {
  const piece = (fields: object, candidate = {}): object =>
    chunk([{ functionCall: { name: 'send', ...fields } }], candidate);

  it.for<[name: string, id: object]>([
    ['with an id', { id: 'c1' }],
    ['without ids', {}],
  ])('is one call with all arguments: %s', async ([, id]) => {
    const chunks = [
      piece({ ...id, partialArgs: [{ jsonPath: '$.to', stringValue: 'Ada' }], willContinue: true }),
      piece({
        ...id,
        partialArgs: [{ jsonPath: '$.text', stringValue: 'Hello ', willContinue: true }],
        willContinue: true,
      }),
      piece({ ...id, partialArgs: [{ jsonPath: '$.text', stringValue: 'there' }] }, { finishReason: 'STOP' }),
    ];
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const calls: unknown[] = [];
    for await (const event of createGemini({ baseUrl: emulator.url }).stream('hi')) {
      if (event.type === 'function-call-end') calls.push(event.call);
    }
    expect(calls).toEqual([{ ...id, name: 'send', args: { to: 'Ada', text: 'Hello there' } }]);
  });

  it('two calls of one function with different ids stay two', async () => {
    const chunks = [
      piece({ id: 'c1', partialArgs: [{ jsonPath: '$.to', stringValue: 'Ada' }], willContinue: true }),
      piece({ id: 'c2', partialArgs: [{ jsonPath: '$.to', stringValue: 'Alan' }] }, { finishReason: 'STOP' }),
    ];
    await using emulator = await createEmulator({ recording: { body: body(...chunks) } });
    const ids: unknown[] = [];
    for await (const event of createGemini({ baseUrl: emulator.url }).stream('hi')) {
      if (event.type === 'function-call-end') ids.push(event.call.id);
    }
    expect(ids).toEqual(['c1', 'c2']);
  });
});
