import { createGemini, tool, type InteractionChatOptions, type InteractionStep } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const retry = { maxAttempts: 2, baseDelayMs: 0 };
type Body = { readonly input?: unknown; readonly previous_interaction_id?: string };

describe('a chat of the Interactions API', () => {
  it.for([true, false])('continues its conversation: stored %s', async (store) => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url, retry });
    const chat = gemini.chat({ api: 'interactions', store, systemInstruction: 'Be kind.' });
    await chat.stream('Hello, my name is Ada').text();
    expect(await chat.stream('What is my name?').text()).toContain('Ada');
    const [first, second] = emulator.requests.map(({ body }) => body as Body);
    expect(first).toMatchObject({ system_instruction: 'Be kind.' });
    expect(second).toMatchObject({ system_instruction: 'Be kind.' });
    if (store) {
      expect(second?.input).toBe('What is my name?');
      expect(second?.previous_interaction_id).toMatch(/^v1_/);
      expect(chat.steps).toEqual([]);
      // Its state is an id: another program continues with it.
      const later = gemini.chat({ api: 'interactions', interactionId: chat.interactionId });
      expect(await later.stream('What is my name?').text()).toContain('Ada');
    } else {
      expect(second).not.toHaveProperty('previous_interaction_id');
      expect(chat.interactionId).toBeUndefined();
      expect(chat.steps.map(({ type }) => type)).toEqual([
        'user_input',
        'thought',
        'model_output',
        'user_input',
        'thought',
        'model_output',
      ]);
      const later = gemini.chat({
        api: 'interactions',
        store: false,
        steps: JSON.parse(JSON.stringify(chat.steps)) as InteractionStep[],
      });
      expect(await later.stream('What is my name?').text()).toContain('Ada');
    }
  });

  it('keeps nothing of a turn that failed or was stopped', async () => {
    await using emulator = await createEmulator({
      scenario: { name: 'third', description: 'The second turn fails.', steps: [{ faults: [] }] },
      script: [
        { match: { text: 'fail' }, reply: { error: { status: 'INVALID_ARGUMENT', message: 'No.' } } },
        { reply: { text: 'ok' } },
      ],
    });
    const chat = createGemini({ baseUrl: emulator.url, retry }).chat({ api: 'interactions' });
    await chat.stream('hi').text();
    const { interactionId } = chat;
    expect((await chat.stream('fail').outcome).status).toBe('failed');
    expect(chat.interactionId).toBe(interactionId);
    const stopped = chat.stream('more');
    stopped.stop();
    await stopped.outcome;
    expect(chat.interactionId).toBe(interactionId);
    expect(() => {
      chat.stream('one');
      chat.stream('two');
    }).toThrow(expect.objectContaining({ code: 'chat-busy' }));
  });

  it.for([true, false])('runs functions, answers their calls, and abandons open ones: stored %s', async (store) => {
    const script = [
      { match: { functionResponse: 'look' }, reply: { text: 'Clear.' } },
      { match: { text: 'sky' }, reply: { functionCalls: [{ id: 'c1', name: 'look', args: {} }] } },
      { reply: { text: 'As you like.' } },
    ];
    await using emulator = await createEmulator({ script });
    const gemini = createGemini({ baseUrl: emulator.url, retry });
    const look = tool({ name: 'look', execute: () => ({ sky: 'clear' }) });
    const runs = gemini.chat({ api: 'interactions', store, tools: [look] });
    expect(await runs.stream('The sky?').text()).toBe('Clear.');
    if (!store) {
      expect(runs.steps.map(({ type }) => type)).toEqual([
        'user_input',
        'thought',
        'function_call',
        'function_result',
        'thought',
        'model_output',
      ]);
    }
    expect(await runs.stream('More?').text()).toBe('As you like.');

    const asks = gemini.chat({ api: 'interactions', store, tools: [{ type: 'function', name: 'look' }] });
    await asks.stream('The sky?').outcome;
    expect(asks.openCalls).toMatchObject([{ type: 'function_call', id: 'c1', name: 'look' }]);
    const result = { type: 'function_result', call_id: 'c1', name: 'look', result: { sky: 'grey' } };
    expect(await asks.stream([result]).text()).toBe('Clear.');
    expect(asks.openCalls).toEqual([]);
    await asks.stream('The sky?').outcome;
    const abandoned = asks.stream('Never mind.');
    expect((await abandoned.outcome).status).toBe('completed');
    const { input = [] } = (emulator.requests.at(-1)?.body ?? {}) as { input?: InteractionStep[] };
    expect(input.slice(-2)).toMatchObject([
      { type: 'function_result', call_id: 'c1', is_error: true },
      { type: 'user_input', content: [{ type: 'text', text: 'Never mind.' }] },
    ]);
  });

  it('streams objects', async () => {
    const schema = z.object({ city: z.string() });
    await using emulator = await createEmulator({ script: [{ reply: { text: ['{"city":', '"Oslo"}'] } }] });
    const gemini = createGemini({ baseUrl: emulator.url, retry });
    expect(await gemini.interactions.streamObject('A city', { schema }).object()).toEqual({ city: 'Oslo' });
    const chat = gemini.chat({ api: 'interactions' });
    expect(await chat.streamObject('A city', { schema }).object()).toEqual({ city: 'Oslo' });
    expect(emulator.requests[1]?.body).toMatchObject({
      response_format: { type: 'text', mime_type: 'application/json', schema: { type: 'object' } },
    });
    expect(chat.interactionId).toMatch(/^v1_/);
    expect(() => gemini.interactions.streamObject('x', { schema, responseFormat: { type: 'image' } })).toThrow(
      'responseFormat: expected none beside schema',
    );
  });

  it.for<[options: object, message: string]>([
    [{ history: [] }, 'history: unknown option'],
    [{ temperature: 1 }, 'did you mean generationConfig: { temperature }?'],
    [{ steps: [{ type: 'user_input' }] }, 'steps: expected none unless store is false'],
    [{ store: false, interactionId: 'v1_x' }, 'interactionId: expected none with store: false'],
    [{ store: false, steps: 7 }, 'steps: expected an array, got number'],
    [{ api: 'other' }, "api: expected 'interactions', got other"],
  ])('with an invalid option throws a TypeError: %j', ([options, message]) => {
    const chat = () => createGemini().chat({ api: 'interactions', ...options } as InteractionChatOptions);
    expect(chat).toThrow(TypeError);
    expect(chat).toThrow(message);
  });
});

it('an interaction is started once, and subscribed to by the id of its stream', async () => {
  await using emulator = await createEmulator();
  const gemini = createGemini({ baseUrl: emulator.url, retry });
  const id = gemini.interactions.start('Say: hello', { id: 'mine', lingerMs: 5_000 });
  expect(id).toBe('mine');
  const texts: string[] = [];
  const read = () =>
    gemini.subscribeStream(id, (event) => void (event.type === 'text-delta' && texts.push(event.text))).ended;
  await Promise.all([read(), read()]);
  expect(texts).toEqual(['hello', 'hello']);
  expect(emulator.requests).toHaveLength(1);
});
