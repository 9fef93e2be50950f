import { toUIMessageStream, toUIMessageStreamResponse } from '@gemini/ai-sdk';
import { createGemini, type GeminiStream, type StreamOptions, tool } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { createStreamManager } from '@gemini/stream-manager';
import { asSchema, readUIMessageStream, type UIMessage, type UIMessageChunk, uiMessageChunkSchema } from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import { countCases } from '../../../scripts/count-cases.ts';

let checkedCount = 0;
afterEach(({ task }) => {
  countCases(task, checkedCount);
  checkedCount = 0;
});

/** The chunks of an answer, each checked by the AI SDK's own schema, and the message that its reader makes of them. */
async function read(chunks: AsyncIterable<UIMessageChunk>) {
  const all: UIMessageChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  for (const chunk of all) {
    const verdict = await asSchema(uiMessageChunkSchema).validate?.(chunk);
    expect({ ...verdict, chunk }).toMatchObject({ success: true });
  }
  checkedCount += all.length;
  const errors: unknown[] = [];
  let message: UIMessage | undefined;
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of all) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const state of readUIMessageStream({ stream, onError: (error) => errors.push(error) })) message = state;
  return { chunks: all, types: all.map(({ type }) => type), message, errors };
}

async function ask(server: EmulatorOptions, prompt = 'Count from 1 to 5', options: StreamOptions = {}) {
  await using emulator = await createEmulator(server);
  const gemini = createGemini({ baseUrl: emulator.url, retry: { maxAttempts: 2, baseDelayMs: 0 } });
  const answer = await read(toUIMessageStream(gemini.stream(prompt, options), { messageId: 'm' }));
  return answer;
}

const textOf = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('an answer as a message of the AI SDK', () => {
  it('has its text, its end and its metadata', async () => {
    const { types, message, chunks, errors } = await ask({});
    expect(types.slice(0, 3)).toEqual(['start', 'start-step', 'text-start']);
    expect(types.slice(-3)).toEqual(['text-end', 'finish-step', 'finish']);
    expect(chunks[0]).toEqual({ type: 'start', messageId: 'm' });
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'stop' });
    expect(textOf(message)).toBe('1, 2, 3, 4, 5.');
    expect(message).toMatchObject({ id: 'm', metadata: { usage: { totalTokenCount: expect.any(Number) as number } } });
    expect(errors).toEqual([]);
  });

  it('has thoughts, with signatures where the provider reads them back', async () => {
    const config = { generationConfig: { thinkingConfig: { includeThoughts: true } } };
    const { message, types } = await ask({}, 'Tell me about rivers', config);
    expect(types).toContain('reasoning-delta');
    expect(message?.parts.find(({ type }) => type === 'reasoning')).toMatchObject({ state: 'done' });
    await using emulator = await createEmulator();
    const stream = createGemini({ baseUrl: emulator.url }).stream('Tell me about rivers', config);
    const { types: without } = await read(toUIMessageStream(stream, { sendReasoning: false }));
    expect(without.filter((type) => type.startsWith('reasoning'))).toEqual([]);
  });

  it('has calls, results and steps of a turn with functions, in any order of the results', async () => {
    const parts = [
      { text: 'Let me see. ' },
      { functionCall: { name: 'add', args: { a: 1 } } },
      { functionCall: { name: 'add', args: { a: 2 } }, thoughtSignature: 'c2ln' },
    ];
    const add = tool({
      name: 'add',
      execute: async ({ a }) => {
        if (a === 1) await new Promise((resolve) => setTimeout(resolve, 30));
        return { sum: Number(a) + 1 };
      },
    });
    const { message, types, chunks } = await ask(
      { script: [{ match: { turn: 1 }, reply: { parts: parts } }, { reply: { text: ['Done.'] } }] },
      'Go.',
      { tools: [add] },
    );
    expect(types.filter((type) => type.endsWith('-step'))).toEqual([
      'start-step',
      'finish-step',
      'start-step',
      'finish-step',
    ]);
    const calls = (message?.parts ?? []).filter(({ type }) => type === 'dynamic-tool');
    expect(calls).toMatchObject([
      { toolName: 'add', state: 'output-available', input: { a: 1 }, output: { sum: 2 } },
      { toolName: 'add', state: 'output-available', input: { a: 2 }, output: { sum: 3 } },
    ]);
    expect(chunks.filter((chunk) => JSON.stringify(chunk).includes('c2ln'))).toMatchObject([
      { type: 'tool-input-available', providerMetadata: { google: { thoughtSignature: 'c2ln' } } },
    ]);
    expect(textOf(message)).toBe('Let me see. Done.');
  });

  it('says that a function failed, and not why', async () => {
    const parts = [{ functionCall: { name: 'leak', args: {} } }];
    const leak = tool({
      name: 'leak',
      execute: () => {
        throw new Error('the password is 1234');
      },
    });
    const { chunks, message } = await ask(
      { script: [{ match: { turn: 1 }, reply: { parts: parts } }, { reply: { text: ['Sorry.'] } }] },
      'Go.',
      { tools: [leak] },
    );
    expect(JSON.stringify(chunks)).not.toContain('1234');
    expect(message?.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject({ state: 'output-error' });
  });

  it('has open calls of functions that the page answers', async () => {
    const parts = [{ functionCall: { name: 'locate', args: { city: 'Oslo' } } }];
    const tools = [{ functionDeclarations: [{ name: 'locate' }] }];
    const { message, chunks } = await ask({ script: [{ reply: { parts: parts } }] }, 'Go.', { tools });
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool-calls' });
    expect(message?.parts.at(-1)).toMatchObject({ state: 'input-available', input: { city: 'Oslo' } });
  });

  it('grows the arguments of a call while they come', async () => {
    const piece = (jsonPath: string, stringValue: string): object => ({
      functionCall: { partialArgs: [{ jsonPath, stringValue, willContinue: true }], willContinue: true },
    });
    const parts = [
      { functionCall: { name: 'plan', id: 'p', willContinue: true } },
      piece('$.from', 'Os'),
      piece('$.from', 'lo "N"'),
      piece('$.stops[0].name', 'Bergen'),
      { functionCall: { partialArgs: [{ jsonPath: '$.stops[1].name', stringValue: 'Voss' }] } },
    ];
    const tools = [{ functionDeclarations: [{ name: 'plan' }] }];
    const { chunks, message } = await ask({ script: [{ reply: { parts: parts as never } }] }, 'Go.', { tools });
    const deltas = chunks.flatMap((chunk) => (chunk.type === 'tool-input-delta' ? chunk.inputTextDelta : []));
    expect(deltas.length).toBeGreaterThan(3);
    const input = { from: 'Oslo "N"', stops: [{ name: 'Bergen' }, { name: 'Voss' }] };
    expect(JSON.parse(deltas.join(''))).toEqual(input);
    expect(message?.parts.at(-1)).toMatchObject({ state: 'input-available', input });
  });

  it('has files, code and sources', async () => {
    const parts = [
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
      { inlineData: { mimeType: 'image/png', data: 'eA==' } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } },
      { text: 'There.' },
    ];
    const { message } = await ask({ script: [{ reply: { parts: parts } }] });
    const kinds = message?.parts.map(({ type }) => type);
    expect(kinds).toEqual(['step-start', 'dynamic-tool', 'file', 'file', 'text']);
    expect(message?.parts[1]).toMatchObject({ toolName: 'code_execution', output: { output: '1\n' } });
    expect(message?.parts[2]).toMatchObject({ url: 'data:image/png;base64,eA==' });
    const grounded = await ask({}, 'Who won?', { tools: [{ googleSearch: {} }] });
    const urls = grounded.chunks.flatMap((chunk) => (chunk.type === 'source-url' ? chunk.url : []));
    expect(urls.length).toBeGreaterThan(0);
    expect(new Set(urls).size).toBe(urls.length);
  });

  it('drops an answer that starts over', async () => {
    const { types, message } = await ask({ scenario: 'reset-then-fine' }, 'Count from 1 to 5', { restart: true });
    expect(types).toContain('reset-step');
    expect(textOf(message)).toBe('1, 2, 3, 4, 5.');
  });

  it.for([
    ['no-finish-reason', 'interrupted', 'The answer was cut off.'],
    ['error-event-quota', 'error', 'The answer failed.'],
    ['invalid-argument', 'error', 'The answer failed.'],
  ] as const)('that ends badly is an error: %s', async ([scenario, finishReason, errorText]) => {
    const { chunks, errors, types } = await ask({ scenario });
    expect(types[0]).toBe('start');
    expect(chunks.slice(-2)).toEqual([
      { type: 'error', errorText },
      expect.objectContaining({ type: 'finish', finishReason }),
    ]);
    expect(errors).toHaveLength(1);
  });

  it('that is blocked says so', async () => {
    const { chunks } = await ask({ scenario: 'finish-safety' });
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'content-filter' });
  });

  it('is stopped by cancelling it, and a stopped one says so', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 10, burst: 1 } });
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream('Count slowly from 1 to 9');
    const reader = toUIMessageStream(stream).getReader();
    for (;;) if ((await reader.read()).value?.type === 'text-delta') break;
    await reader.cancel('enough');
    expect((await stream.outcome).status).toBe('stopped');
    const other = gemini.stream('Count slowly from 1 to 9');
    const reading = read(toUIMessageStream(other));
    setTimeout(() => other.stop(), 50);
    expect((await reading).chunks.at(-1)).toEqual({ type: 'abort' });
    await emulator.whenClosed(emulator.requests[0]?.id ?? '');
  });

  it('is refused with an option that does not exist', () => {
    const stream = {} as GeminiStream;
    expect(() => toUIMessageStream(stream, { messageID: 'm' } as object)).toThrow('did you mean messageId?');
  });
});

describe('a response', () => {
  it('of a managed stream is replayed from every position, and has the same message each time', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url });
    const streams = createStreamManager<UIMessageChunk>();
    const stream = streams.start(({ signal }) => toUIMessageStream(gemini.stream('Count from 1 to 5', { signal })));
    const whole = toUIMessageStreamResponse(stream);
    expect(whole.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    const frames = (await whole.text()).split('\n\n').filter((frame) => frame.includes('data: '));
    expect(frames.at(-1)).toContain('data: [DONE]');
    for (const [index, frame] of frames.entries()) {
      const lastEventId = /^id: (.*)$/m.exec(frame)?.[1];
      const rest = toUIMessageStreamResponse(stream, { lastEventId });
      const more = (await rest.text()).split('\n\n').filter((each) => each.includes('data: '));
      expect(more).toEqual(frames.slice(index + 1));
      expect(rest.status).toBe(index === frames.length - 1 ? 204 : 200);
    }
    expect(toUIMessageStreamResponse(undefined).status).toBe(404);
    expect(toUIMessageStreamResponse(stream, { lastEventId: '1-0' }).status).toBe(410);
    await streams.close();
  });

  it('of a managed stream that is stopped or lost does not look whole', async () => {
    const streams = createStreamManager<UIMessageChunk>();
    const stopped = streams.start(async function* () {
      yield { type: 'start' } as const;
      await new Promise(() => {});
    });
    const text = toUIMessageStreamResponse(stopped).text();
    setTimeout(() => stopped.stop(), 20);
    expect(await text).toContain('data: {"type":"abort"}');
    const lost = streams.start(async function* () {
      yield { type: 'start' } as const;
      throw new Error('gone');
    });
    const frames = await toUIMessageStreamResponse(lost).text();
    expect(frames).toContain('"type":"error"');
    expect(frames).not.toContain('[DONE]');
    expect(frames).not.toContain('gone');
    await streams.close();
  });

  it('of one answer has its chunks, and stops the answer when its reader leaves', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 10, burst: 1 } });
    const gemini = createGemini({ baseUrl: emulator.url });
    const stream = gemini.stream('Count slowly from 1 to 9');
    const reader = toUIMessageStreamResponse(stream, { message: { messageId: 'm' } }).body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(first).toBe('data: {"type":"start","messageId":"m"}\n\n');
    await reader?.cancel();
    expect((await stream.outcome).status).toBe('stopped');
    const quick = createGemini({ baseUrl: (await createEmulator()).url }).stream('Count from 1 to 3');
    expect((await toUIMessageStreamResponse(quick).text()).endsWith('data: [DONE]\n\n')).toBe(true);
  });
});
