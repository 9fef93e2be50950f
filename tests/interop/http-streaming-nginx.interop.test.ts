import { createEmulator, type Emulator } from '@gemini/emulator';
import { openEventStream, type DeliveryVerdict } from '@gemini/http-streaming';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { startNginx } from './nginx.ts';
import { nameOf, setupDirectives, setups, type Setup } from './nginx-setups.ts';

const answer = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };

let emulator: Emulator;
let nginx: AsyncDisposable;
let port: number;

const configuration = (upstreamUrl: string): string => `
  server {
    listen 127.0.0.1:${port};
    ${setupDirectives(upstreamUrl)}
  }
`;

beforeAll(async () => {
  // 60 events, one every 25 ms: longer than any buffer needs to show itself, shorter than a person's patience.
  emulator = await createEmulator({
    scenario: [
      { type: 'many-pieces', count: 60 },
      { type: 'pause', beforeEventMs: 25, headersFirst: true },
    ],
  });
  port = await freePort();
  nginx = await startNginx(configuration(emulator.url), port);
});
afterAll(async () => {
  await nginx[Symbol.asyncDispose]();
  await emulator.close();
});

const through = async (
  setup: Setup,
  headers: Record<string, string>,
): Promise<{ verdict: DeliveryVerdict; count: number }> => {
  const url = `http://127.0.0.1:${port}/${nameOf(setup)}${answer}`;
  const stream = await openEventStream({ url, json, headers });
  let count = 0;
  for await (const _event of stream) count += 1;
  return { verdict: stream.verdict(), count };
};

/** The expected verdict: a compressor delays everything, a buffer that fills sends pages. */
const expected = ({ buffering, upstream, gzip }: Setup, asksForGzip: boolean): Partial<DeliveryVerdict> => {
  if (buffering === 'off') return { kind: 'live' };
  if (gzip === 'on' && asksForGzip) return { kind: 'buffered', cause: 'compression' };
  return upstream === '1.0' ? { kind: 'partial', cause: 'proxy-buffer' } : { kind: 'live' };
};

describe.concurrent('the verdict behind nginx', () => {
  it.for(setups)('%j', async (setup) => {
    const { verdict, count } = await through(setup, {});
    expect(count).toBe(60);
    expect(verdict).toMatchObject(expected(setup, false));
  });

  it.for(setups)('%j, asked to compress', async (setup) => {
    const { verdict, count } = await through(setup, { 'accept-encoding': 'gzip' });
    expect(count).toBe(60);
    expect(verdict).toMatchObject(expected(setup, true));
  });
});
