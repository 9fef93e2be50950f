import { createGemini, tool, type ToolOptions } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asking, call, echo, model, question, response, user } from './tool-turns.ts';

describe('a call that the caller answers', () => {
  const confirm = tool({ name: 'confirm', description: 'Asks the user.', parameters: z.object({}) });

  it.for<[what: string, tools: ToolOptions['tools']]>([
    ['a tool() without execute', [confirm, echo]],
    ['a declaration of the API', [{ functionDeclarations: [{ name: 'confirm' }] }, echo]],
  ])('a call that the caller answers ends the turn, and its result is sent with the others: %s', async ([, tools]) => {
    const parts = [call('echo', { text: 'a' }), call('confirm'), call('echo', { text: 'b' }, '3')];
    await using emulator = await createEmulator(asking(parts));
    const chat = createGemini({ baseUrl: emulator.url }).chat({ tools });
    const outcome = await chat.stream('Go.').outcome;
    expect(outcome).toMatchObject({ status: 'completed', text: '', turn: { openCalls: [{ name: 'confirm' }] } });
    const mine = [response('echo', { said: 'a' }), response('echo', { said: 'b' }, '3')];
    expect(chat.history).toEqual([question, model(...parts), user(...mine)]);
    expect(chat.openCalls).toMatchObject([{ id: 'confirm', name: 'confirm' }]);

    const rebuilt = createGemini({ baseUrl: emulator.url }).chat({ tools, history: chat.history });
    expect(await rebuilt.stream([response('confirm', { yes: true })]).text()).toBe('Done.');
    const answers = user(...mine.slice(0, 1), response('confirm', { yes: true }), ...mine.slice(1));
    expect(emulator.requests[1]?.body).toMatchObject({ contents: [question, model(...parts), answers] });
    expect(rebuilt.history).toEqual([question, model(...parts), answers, model({ text: 'Done.' })]);
  });
});

describe('an invalid tool or option', () => {
  const execute = () => 1;
  it.for<[make: () => unknown, message: string]>([
    [
      () => tool({ name: 'a b', execute }),
      'name: expected a letter or _ and up to 127 of A-Z a-z 0-9 _ . : -, got "a b"',
    ],
    [() => tool({ name: 'f', execute: 7 as never }), 'f.execute: expected a function, got number'],
    [() => tool({ name: 'f', timeoutMs: 0, execute }), 'f.timeoutMs: expected a number above 0, got 0'],
    [
      () => tool({ name: 'f', parameters: z.string(), execute }),
      'f.parameters: expected the schema of an object, got one of "string"',
    ],
    [
      () => tool({ name: 'f', parameters: 7 as never, execute }),
      'f.parameters: schema: expected a zod schema or a JSON Schema, got number',
    ],
    [
      () => createGemini().stream('hi', { tools: ['f' as never] }),
      'tools[0]: expected a tool() or an entry of the API, got string',
    ],
    [
      () => createGemini().stream('hi', { tools: [{ callTool: execute } as never] }),
      'tools[0]: expected a tool(), got a CallableTool',
    ],
    [() => createGemini().chat({ tools: [echo, echo] }), 'tools: expected echo once, got it twice'],
    [() => createGemini().chat({ maxRounds: 0 }), 'maxRounds: expected a whole number of at least 1, got 0'],
    [
      () => createGemini().stream('hi', { tools: [echo], maxParallelCalls: 1.5 }),
      'maxParallelCalls: expected a whole number',
    ],
    [
      () => createGemini().stream('hi', { tools: [echo], toolTimeoutMs: -1 }),
      'toolTimeoutMs: expected a number above 0, got -1',
    ],
    [
      () => createGemini().stream('hi', { tools: [echo], onToolError: 'x' as never }),
      "onToolError: expected 'tell-model' or 'fail', got x",
    ],
    [() => createGemini().stream('hi', { tools: [echo], restart: true }), 'restart: expected false with tool()'],
  ])('an invalid tool or option throws a TypeError: %#', ([make, message]) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

it('a tool() is an entry of the API as JSON, without its function', () => {
  expect(JSON.parse(JSON.stringify(echo))).toEqual({
    functionDeclarations: [{ name: 'echo', parametersJsonSchema: expect.any(Object) as unknown }],
  });
});
