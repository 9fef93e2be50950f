import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { createUserContent, GoogleGenAI, Modality, type GenerateContentParameters } from '@google/genai';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runExample } from '../scripts/readme-examples.ts';
import { root } from './workspace-packages.ts';

const page = readFileSync(join(root, 'docs/moving-from-genai.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts( genai)?( types)?\n(.*?)^```$/gms)].map((match) => ({
  line: page.slice(0, match.index).split('\n').length + 1,
  isGenai: match[1] !== undefined,
  isOnlyCompiled: match[2] !== undefined,
  code: match[3] ?? '',
}));
const pairs = blocks.flatMap((theirs, index) => {
  const ours = blocks[index + 1];
  return theirs.isGenai && ours !== undefined ? [{ line: theirs.line, theirs, ours }] : [];
});

describe('a program, before and after', () => {
  it('is shown in pairs', () => {
    expect(pairs).toHaveLength(blocks.length / 2);
    expect(pairs.every(({ ours }) => !ours.isGenai)).toBe(true);
  });

  it.for(pairs.filter(({ theirs }) => !theirs.isOnlyCompiled))(
    'prints the same: line $line',
    async ({ theirs, ours }) => {
      // Each its own server: an answer may depend on what was asked before.
      const run = async (code: string) => {
        await using emulator = await createEmulator();
        const env = { GEMINI_BASE_URL: emulator.url, GOOGLE_GEMINI_BASE_URL: emulator.url, GOOGLE_API_KEY: 'any-key' };
        return await runExample(code, join(root, 'tests'), env);
      };
      const [before, after] = await Promise.all([run(theirs.code), run(ours.code)]);
      expect(before).toMatchObject({ stderr: '', exitCode: 0 });
      expect(before.stdout.trim()).not.toBe('');
      expect(after).toEqual(before);
    },
  );

  it('compiles', async () => {
    // In a folder from which its imports resolve.
    const folder = mkdtempSync(join(root, 'tests/node_modules/.moving-from-genai-'));
    try {
      const files = blocks.map(({ line, code }) => {
        writeFileSync(join(folder, `line-${line}.ts`), code);
        return `line-${line}.ts`;
      });
      const compilerOptions = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
      const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const compiled = promisify(execFile)(process.execPath, [tsc, '-p', folder]);
      expect(await compiled.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({ stdout: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const model = 'gemini-flash-latest';
const hi = { role: 'user', parts: [{ text: 'hi' }] };

it.for<[string, Omit<GenerateContentParameters, 'model'>]>([
  ['a text', { contents: 'hi' }],
  ['texts', { contents: ['hi', 'ho'] }],
  ['a part', { contents: { text: 'hi' } }],
  ['a message', { contents: createUserContent(['hi', { text: 'ho' }]) }],
  ['messages', { contents: [hi, { role: 'model', parts: [{ text: 'ho' }] }, hi] }],
  ['a system instruction', { contents: 'hi', config: { systemInstruction: 'Be brief.' } }],
  ['one of several parts', { contents: 'hi', config: { systemInstruction: ['Be brief.', { text: 'Be kind.' }] } }],
  [
    'one with a role',
    { contents: 'hi', config: { systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }] } } },
  ],
  [
    'figures',
    { contents: 'hi', config: { temperature: 0, topK: 3, maxOutputTokens: 9, stopSequences: ['.'], seed: 1 } },
  ],
  ['thinking', { contents: 'hi', config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 100 } } }],
  ['tools', { contents: 'hi', config: { tools: [{ googleSearch: {} }], toolConfig: { functionCallingConfig: {} } } }],
  [
    'a schema',
    { contents: 'hi', config: { responseMimeType: 'application/json', responseJsonSchema: { type: 'string' } } },
  ],
  [
    'a JSON Schema in the older field',
    {
      contents: 'hi',
      config: { responseMimeType: 'application/json', responseSchema: { $schema: 'x', type: 'string' } },
    },
  ],
  ['a voice', { contents: 'hi', config: { responseModalities: [Modality.AUDIO], speechConfig: 'Kore' } }],
  ['a cache', { contents: 'hi', config: { cachedContent: 'cachedContents/1' } }],
])('a request of genai is the same request here: %s', async ([, parameters]) => {
  await using emulator = await createEmulator();
  const ai = new GoogleGenAI({ apiKey: 'any-key', httpOptions: { baseUrl: emulator.url } });
  // What the emulator does not have it refuses, after it has noted the request.
  await ai.models.generateContentStream({ model, ...parameters }).catch(() => undefined);
  await createGemini({ baseUrl: emulator.url, retry: false }).stream({ model, ...parameters }).outcome;
  const [theirs, ours] = emulator.requests;
  // One that is empty says nothing.
  const sent = [theirs, ours].map((request) => ({ generationConfig: {}, ...(request?.body as object) }));
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[1]).toHaveProperty('contents');
});
