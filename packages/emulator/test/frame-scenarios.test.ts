import { describe, expect, it } from 'vitest';
import { frameScenarios } from '../src/scenarios/delivery-scenarios.ts';
import { createEmulator } from '../src/index.ts';
import { type Chunk, meetScenario, type Meeting, prompt, readChunks, readPayloads, textOf } from './meet-scenario.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

/** The frame of each scenario on the wire. */
const marks: Readonly<Record<string, (meeting: Meeting) => void>> = {
  'event-line-before-data': ({ response }) => expect(response.body).toMatch(/^event: message\r\ndata: \{/u),
  'id-line-before-data': ({ response }) => expect(response.body).toMatch(/^id: 0\r\ndata: .*\r\n\r\nid: 1\r\ndata: /u),
  'comment-inside-event': ({ response }) => expect(response.body).toMatch(/^: ping\r\ndata: /u),
  'retry-line': ({ response }) => expect(response.body).toMatch(/^data: .*\r\nretry: 10000\r\n\r\n/u),
  'several-data-lines': ({ response }) => expect(response.body).toMatch(/^data: \{\r\ndata: {3}"candidates": \[\r\n/u),
  'lf-line-ends': ({ response }) => expect(response.body).not.toContain('\r'),
  'cr-line-ends': ({ response }) => expect(response.body).not.toContain('\n'),
  'mixed-line-ends': ({ response }) => {
    expect(response.body).toMatch(/[^\r\n]\n/u);
    expect(response.body).toMatch(/\r[^\r\n]/u);
    expect(response.body).toContain('\r\n');
  },
  'byte-order-mark': ({ response }) => expect(response.body).toMatch(/^\u{FEFF}data: /u),
  'no-space-after-colon': ({ response }) => expect(response.body).toMatch(/^data:\{/u),
  'done-sentinel': ({ response }) => expect(response.body).toMatch(/data: \[DONE\]\r\n\r\n$/u),
  'one-byte-writes': ({ response }) => expect(response.chunks.length).toBe(Buffer.byteLength(response.body)),
  'split-characters': ({ response }) =>
    expect(response.chunks.some((chunk) => chunk.startsWith('\u{FFFD}'))).toBe(true),
  'split-line-ends': ({ response }) => {
    expect(response.chunks.some((chunk) => chunk.endsWith('\r'))).toBe(true);
    expect(response.chunks.every((chunk) => !chunk.includes('\r\n'))).toBe(true);
  },
  'random-splits': ({ response }) => expect(response.chunks.some((chunk) => !chunk.startsWith('data: '))).toBe(true),
  'json-array': ({ response }) => expect(response.head).toMatch(/content-type: application\/json/iu),
  'close-delimited': ({ response }) => expect(response.head).not.toMatch(/content-length|transfer-encoding/iu),
};

describe('frame scenarios', () => {
  it('every frame scenario has a check', () => {
    expect(Object.keys(marks)).toEqual(frameScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(marks))('the scenario %s gives the same text in its own frame', async ([name, check]) => {
    const meeting = await meetScenario(name);
    const { response, plain } = meeting;
    expect(response.status).toBe(200);
    expect(response.end).toBe('closed');
    check(meeting);
    const payloads = readPayloads(response.body).filter((payload) => payload !== '[DONE]');
    const chunks: unknown =
      name === 'json-array' ? JSON.parse(response.body) : payloads.map((payload) => JSON.parse(payload) as Chunk);
    expect(textOf(chunks as Chunk[])).toBe(plain);
  });
});

describe('combined frame faults', () => {
  it.for([0, 1, 2, 3, 4, 5])('combined frame faults keep every event separate (%i lines before it)', async (lines) => {
    await using emulator = await createEmulator();
    const faults = [
      { type: 'event-lines', before: Array.from({ length: lines }, (_, index) => `: ${index}`).join('\n') },
      { type: 'line-ends', style: 'mixed' },
    ];
    const headers = { 'x-emulator-scenario': JSON.stringify(faults) };
    const [plain, response] = [
      await rawRequest(emulator.url, streamPath, { body: ask(prompt) }),
      await rawRequest(emulator.url, streamPath, { body: ask(prompt), headers }),
    ];
    expect(textOf(readChunks(response.body))).toBe(textOf(readChunks(plain.body)));
  });
});
