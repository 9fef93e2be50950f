import { createEmulator } from '@gemini/emulator';
import { openEventStream } from '@gemini/http-streaming';
import { Agent, Client, type Dispatcher } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerLength, outcomeOf, requestTo } from './outcome-of.ts';

const trusting = (ca: string): Agent => {
  const agent = new Agent({ connect: { ca }, allowH2: true });
  onTestFinished(() => agent.destroy());
  return agent;
};

describe("a caller's own dispatcher", () => {
  it('carries the request', async () => {
    await using emulator = await createEmulator();
    const dispatcher = new Client(emulator.url);
    const { error, events } = await outcomeOf(requestTo(emulator.url), { dispatcher });
    expect(error).toBeUndefined();
    expect(events).toHaveLength(answerLength);
    await dispatcher.close();
  });

  it('is refused with an explanation if it comes from undici 6', async () => {
    // undici 6 looks for the callbacks of its own handlers, in this order and with these words.
    const dispatch = (_options: object, handler: object): boolean => {
      for (const name of ['onConnect', 'onError']) {
        if (!(name in handler))
          throw Object.assign(new Error(`invalid ${name} method`), { code: 'UND_ERR_INVALID_ARG' });
      }
      return true;
    };
    const dispatcher = { dispatch } as unknown as Dispatcher;
    const { error } = await outcomeOf(requestTo('http://127.0.0.1:9'), { dispatcher, retry: {} });
    expect(error).toMatchObject({ code: 'invalid-dispatcher', attempts: 1 });
    expect(error?.message).toContain('undici 7 or 8');
  });

  it('gives connect-failed if it is closed', async () => {
    const dispatcher = new Agent();
    await dispatcher.close();
    const { error } = await outcomeOf(requestTo('http://127.0.0.1:9'), { dispatcher });
    expect(error).toMatchObject({ code: 'connect-failed', connectPhase: undefined });
  });

  it('throws a TypeError if it is not a dispatcher', async () => {
    const dispatcher = {} as unknown as Dispatcher;
    await expect(openEventStream({ url: 'http://127.0.0.1:9' }, { dispatcher })).rejects.toThrow(TypeError);
  });

  it.for([
    ['http2', undefined],
    ['http2-reset', 'connection-lost'],
  ] as const)(
    'the transport speaks HTTP/1.1 even if both sides could speak HTTP/2, so that a reset is seen: %s',
    async ([scenario, code]) => {
      await using emulator = await createEmulator({ scenario });
      const dispatcher = trusting(emulator.certificate);
      const { error } = await outcomeOf(requestTo(emulator.url), { dispatcher });
      expect(error?.code).toBe(code);
      expect(emulator.requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1']);
    },
  );

  it('does not follow a redirect from https to http', async () => {
    await using emulator = await createEmulator({ scenario: 'redirect-https-to-http' });
    const dispatcher = trusting(emulator.certificate);
    const { error } = await outcomeOf(requestTo(emulator.url), { dispatcher });
    expect(error).toMatchObject({ code: 'cross-origin-redirect', status: 307 });
    expect(emulator.requests).toHaveLength(1);
  });

  it('the transport connects to a server whose certificate is trusted', async () => {
    await using emulator = await createEmulator({ scenario: 'tls-unknown-issuer' });
    const dispatcher = trusting(emulator.certificate);
    const { error, events } = await outcomeOf(requestTo(emulator.url), { dispatcher });
    expect(error).toBeUndefined();
    expect(events).toHaveLength(answerLength);
  });
});
