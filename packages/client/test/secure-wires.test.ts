import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { expect, it, onTestFinished } from 'vitest';

const apiKey = 'a-key-of-twelve';
const prompt = 'Tell me about tides';

/** Runs a stream over HTTPS to a server whose certificate this process trusts meanwhile. */
const meet = async (scenario: string) => {
  await using emulator = await createEmulator({ scenario });
  const before = getCACertificates('default');
  onTestFinished(() => setDefaultCACertificates(before));
  setDefaultCACertificates([...before, emulator.certificate]);
  const outcome = await createGemini({ baseUrl: emulator.url, apiKey, retry: false }).stream(prompt).outcome;
  return { outcome, requests: emulator.requests };
};

it('the client sends neither the key nor the prompt after a redirect from https to http', async () => {
  const { outcome, requests } = await meet('redirect-https-to-http');
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'cross-origin-redirect', status: 307 }, text: '' });
  expect(requests).toHaveLength(1);
  expect(`${outcome.error?.message}${JSON.stringify(outcome.error)}`).not.toMatch(`${apiKey}|${prompt}`);
});

it.for([
  ['http2', 'completed', undefined],
  ['http2-reset', 'failed', 'connection-lost'],
] as const)(
  'the client uses HTTP/1.1 with a server that prefers another protocol: %s',
  async ([scenario, status, code]) => {
    const { outcome, requests } = await meet(scenario);
    expect([outcome.status, outcome.error?.code]).toEqual([status, code]);
    expect(outcome.text).not.toBe('');
    expect(requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1']);
  },
);
