import { describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';
import { contentScenarios } from '../src/scenarios/content-scenarios.ts';
import { type Chunk, prompt, readChunks, textOf } from './meet-scenario.ts';
import { ask, rawRequest, type RawResponse, streamPath } from './raw-request.ts';

interface Seen {
  readonly chunks: readonly Chunk[];
  readonly plain: string;
  readonly response: RawResponse;
  /** Sends the same request with this token. */
  readonly resume: (token: string | undefined) => Promise<readonly Chunk[]>;
}

const reasons = (chunks: readonly Chunk[]): unknown[] => chunks.map((chunk) => chunk.candidates?.[0]?.finishReason);
const lastCandidate = (chunks: readonly Chunk[]): NonNullable<Chunk['candidates']>[number] | undefined =>
  chunks.at(-1)?.candidates?.[0];
const lastToken = (chunks: readonly Chunk[]): string | undefined =>
  chunks.map((chunk) => chunk.candidates?.[0]?.continuationToken).findLast((token) => token !== undefined);
const ends =
  (reason: string) =>
  ({ chunks }: Seen): void =>
    expect(lastCandidate(chunks)?.finishReason).toBe(reason);

const rows: Readonly<Record<string, (seen: Seen) => Promise<void> | void>> = {
  'blocked-prompt'({ chunks }) {
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ promptFeedback: { blockReason: 'SAFETY' } });
    expect(chunks[0]).not.toHaveProperty('candidates');
  },
  'blocked-prompt-with-message': ({ chunks }) =>
    expect(chunks[0]).toHaveProperty('promptFeedback.blockReasonMessage', 'Reasons.'),
  'two-candidates'({ chunks, plain }) {
    expect(textOf(chunks, 0)).toBe(plain);
    expect(textOf(chunks, 1)).toBe(`Candidate 1: ${plain}`);
  },
  async continuation({ chunks, plain, resume }) {
    expect(chunks).toHaveLength(3);
    expect(lastCandidate(chunks)?.finishReason).toBe('CONTINUATION');
    const rest = await resume(lastToken(chunks));
    expect(textOf(chunks) + textOf(rest)).toBe(plain);
    expect(lastCandidate(rest)?.finishReason).toBe('STOP');
  },
  async 'continuation-chain'({ chunks, plain, resume }) {
    let text = textOf(chunks);
    let hop = chunks;
    for (let hops = 0; hops < 20 && lastCandidate(hop)?.finishReason === 'CONTINUATION'; hops += 1) {
      hop = await resume(lastToken(hop));
      text += textOf(hop);
    }
    expect(text).toBe(plain);
  },
  async 'checkpoint-then-reset'({ chunks, plain, response, resume }) {
    expect(response.end).toBe('reset');
    expect(textOf(chunks) + textOf(await resume(lastToken(chunks)))).toBe(plain);
  },
  async 'checkpoint-then-text-then-reset'({ chunks, plain, response, resume }) {
    expect(response.end).toBe('reset');
    expect(textOf(chunks.slice(0, 4)) + textOf(await resume(lastToken(chunks)))).toBe(plain);
  },
  async 'checkpoint-then-close'({ chunks, plain, response, resume }) {
    expect(response.end).toBe('closed');
    expect(textOf(chunks) + textOf(await resume(lastToken(chunks)))).toBe(plain);
  },
  async 'reset-then-fine'({ response, plain, resume }) {
    expect(response.end).toBe('reset');
    expect(textOf(await resume(undefined))).toBe(plain);
  },
  async 'error-event-then-fine'({ chunks, plain, resume }) {
    expect(chunks[0]?.error?.code).toBe(503);
    expect(textOf(await resume(undefined))).toBe(plain);
  },
  'usage-only-chunk'({ chunks, plain }) {
    expect(chunks.at(-1)).not.toHaveProperty('candidates');
    expect(chunks.at(-1)).toHaveProperty('usageMetadata.totalTokenCount');
    expect(textOf(chunks)).toBe(plain);
  },
  'last-chunk-without-content'({ chunks, plain }) {
    expect(lastCandidate(chunks)).toEqual({ finishReason: 'STOP', index: 0 });
    expect(textOf(chunks)).toBe(plain);
  },
  'last-chunk-empty-content': ({ chunks }) => expect(lastCandidate(chunks)?.content).toEqual({}),
  'signature-on-empty-text'({ chunks, plain }) {
    expect(lastCandidate(chunks)?.content?.parts).toMatchObject([
      { text: '', thoughtSignature: expect.any(String) as string },
    ]);
    expect(textOf(chunks)).toBe(plain);
  },
  'finish-on-every-chunk': ({ chunks }) => expect(new Set(reasons(chunks))).toEqual(new Set(['STOP'])),
  'finish-early'({ chunks, plain }) {
    expect(reasons(chunks).indexOf('STOP')).toBe(1);
    expect(textOf(chunks)).toBe(plain);
  },
  'finish-never': ({ chunks, plain }) =>
    expect([new Set(reasons(chunks)), textOf(chunks)]).toEqual([new Set([undefined]), plain]),
  'finish-safety': ends('SAFETY'),
  'finish-recitation': ends('RECITATION'),
  'finish-max-tokens': ends('MAX_TOKENS'),
  'finish-malformed-call': ({ chunks }) =>
    expect(lastCandidate(chunks)).toMatchObject({
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: 'Malformed function call.',
    }),
};

describe('content scenarios', () => {
  it('every content scenario has a check', () => {
    expect(Object.keys(rows)).toEqual(contentScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(rows))('the scenario %s matches its description', async ([name, check]) => {
    await using emulator = await createEmulator();
    const path = `/__scenario/${name}${streamPath}`;
    const plain = textOf(readChunks((await rawRequest(emulator.url, streamPath, { body: ask(prompt) })).body));
    const response = await rawRequest(emulator.url, path, { body: ask(prompt) });
    const resume = async (continuationToken: string | undefined): Promise<readonly Chunk[]> => {
      const body = JSON.stringify({ ...(JSON.parse(ask(prompt)) as object), continuationToken });
      return readChunks((await rawRequest(emulator.url, path, { body })).body);
    };
    expect(response.status).toBe(200);
    await check({ chunks: readChunks(response.body), plain, response, resume });
  });

  it('a token of an emulator that is gone resumes its own answer in the next one, and no other', async () => {
    const begin = async (emulator: Emulator, text: string): Promise<readonly Chunk[]> =>
      readChunks((await rawRequest(emulator.url, streamPath, { body: ask(text) })).body);
    const emulator = await createEmulator({ scenario: 'continuation', seed: 1 });
    const continuationToken = lastToken(await begin(emulator, prompt));
    await emulator.close();
    expect(continuationToken).toBeDefined();
    for (const [text, status] of [
      [prompt.replace('rivers', 'lakes'), 400],
      [prompt, 200],
    ] as const) {
      await using next = await createEmulator({ scenario: 'continuation', seed: 1 });
      await begin(next, text);
      const body = JSON.stringify({ ...(JSON.parse(ask(text)) as object), continuationToken });
      expect((await rawRequest(next.url, streamPath, { body })).status).toBe(status);
    }
  });
});
