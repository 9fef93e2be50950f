import { createGemini, tool, toolResult, type Content, type ToolFile } from '@gemini/client';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { asking, call, model, question, response, run, user } from './tool-turns.ts';

const sentContents = ({ requests }: Emulator): Content[] =>
  requests.map(({ body }) => (body as { contents: Content[] }).contents)[0] ?? [];

const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1);

const camera = (files: readonly ToolFile[], result: unknown) =>
  tool({ name: 'camera', execute: () => toolResult(result, files) });

describe('the result of a function', () => {
  it('may have files: bytes, base64 and addresses', async () => {
    const files = [
      { mimeType: 'image/png', data: bytes, displayName: 'front' },
      { mimeType: 'image/png', data: 'AgM=' },
      { mimeType: 'video/mp4', uri: 'gs://b/film' },
    ];
    const { outcome, events, contents, chat } = await run(asking([call('camera')]), {
      tools: [camera(files, { taken: true })],
    });
    const parts = [
      { inlineData: { mimeType: 'image/png', data: 'AQID', displayName: 'front' } },
      { inlineData: { mimeType: 'image/png', data: 'AgM=' } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/film' } },
    ];
    const results = user({
      functionResponse: { id: 'camera', name: 'camera', response: { taken: true }, parts },
    });
    expect(outcome.status).toBe('completed');
    expect(contents[1]?.at(-1)).toEqual(results);
    expect(chat.history).toContainEqual(results);
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
      response: { taken: true },
      files: parts,
    });
  });

  it('may name its files with $ref, and any other $ref is renamed, in the history too', async () => {
    const files = [{ mimeType: 'image/png', data: bytes, displayName: 'front' }];
    const result = { photo: { $ref: 'front' }, schema: { $ref: '#/a' }, text: 'a\ud83d' };
    const { contents, chat } = await run(asking([call('camera')]), { tools: [camera(files, result)] });
    const sent = { photo: { $ref: 'front' }, schema: { $$ref: '#/a' }, text: 'a\ufffd' };
    for (const { parts = [] } of [contents[1]?.at(-1) ?? {}, chat.history[2] ?? {}]) {
      expect(parts[0]?.functionResponse?.response).toEqual(sent);
    }
  });

  it('is too large if its files together are larger than maxToolFilesBytes', async () => {
    const files = [1, 2].map(() => ({ mimeType: 'image/png', data: 'x'.repeat(60) }));
    const { events } = await run(asking([call('camera')]), {
      tools: [camera(files, { taken: true })],
      maxToolFilesBytes: 100,
    });
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
      failure: 'too-large',
      response: { error: 'its files have 138 bytes: at most 100 are allowed' },
    });
    expect(events.find(({ type }) => type === 'tool-result')).not.toHaveProperty('files');
  });

  it.for<[result: unknown, sent: object]>([
    [undefined, {}],
    ['a text', { output: 'a text' }],
    [{ a: 1 }, { a: 1 }],
  ])('beside its files has the form of any result: %j', async ([result, sent]) => {
    const { contents } = await run(asking([call('camera')]), {
      tools: [camera([{ uri: 'gs://b/x' }], result)],
    });
    expect(contents[1]?.at(-1)?.parts?.[0]?.functionResponse?.response).toEqual(sent);
  });

  it.for<[files: unknown, message: string]>([
    ['x', 'files: expected an array, got string'],
    [[7], 'files[0]: expected { mimeType, data } or { uri }, got number'],
    [[{ data: 'eA==' }], 'files[0].mimeType: expected a string beside data, got undefined'],
    [[{ mimeType: 'a/b' }], 'files[0].data: expected base64 or bytes, got undefined'],
    [[{ mimeType: 7, data: '' }], 'files[0].mimeType: expected a string, got number'],
  ])('with an invalid file is a TypeError: %j', ([files, message]) => {
    expect(() => toolResult({}, files as readonly ToolFile[])).toThrow(TypeError);
    expect(() => toolResult({}, files as readonly ToolFile[])).toThrow(message);
  });
});

describe('a history whose calls have no signature', () => {
  const unsigned: Content[] = [question, model(call('look'), call('look', {}, 'b')), user(response('look', {}))];

  it.for(['gemini-3.8-flash', 'models/gemini-3-pro', 'gemini-flash-latest'])(
    'is signed with a stand-in for %s, and stays as it is here',
    async (name) => {
      await using emulator = await createEmulator({
        checkThoughtSignatures: true,
        models: ['gemini-3.8-flash', 'gemini-3-pro'],
      });
      const chat = createGemini({ baseUrl: emulator.url, model: name }).chat({ history: unsigned });
      await chat.stream('Never mind.').text();
      const contents = sentContents(emulator);
      expect(contents[1]?.parts?.map(({ thoughtSignature }) => thoughtSignature)).toEqual([
        'skip_thought_signature_validator',
        undefined,
      ]);
      expect(chat.history[1]).toEqual(unsigned[1]);
    },
  );

  it.for(['gemini-2.5-pro', 'tunedModels/mine', 'gemma-3-27b'])('is sent unchanged to %s', async (name) => {
    await using emulator = await createEmulator({ models: ['gemini-2.5-pro', 'tunedModels/mine', 'gemma-3-27b'] });
    const chat = createGemini({ baseUrl: emulator.url, model: name }).chat({ history: unsigned });
    await chat.stream('Never mind.').outcome;
    const contents = sentContents(emulator);
    expect(contents[1]).toEqual(unsigned[1]);
  });

  it('keeps the signatures that it has', async () => {
    await using emulator = await createEmulator();
    const signed = [question, model({ ...call('look'), thoughtSignature: 'c2ln' }), user(response('look', {}))];
    await createGemini({ baseUrl: emulator.url }).chat({ history: signed }).stream('Go on, please.').text();
    const contents = sentContents(emulator);
    expect(contents.slice(0, 3)).toEqual(signed);
  });
});
