import { createEmulator } from '@gemini/emulator';
import { openEventStream, type ConnectionTimes, type EventStreamOptions } from '@gemini/http-streaming';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { apiPath, prompt, requestTo } from './outcome-of.ts';
import { runChild } from './run-child.ts';

const connectionTo = async (url: string, options: EventStreamOptions = {}): Promise<ConnectionTimes | undefined> => {
  const stream = await openEventStream(requestTo(url), options);
  for await (const event of stream) expect(event.data).not.toBe('');
  // undici keeps a connection for others one turn after its response.
  await nextTurn();
  return stream.timing.connection;
};

const some = expect.any(Number) as number;

it('a new connection is reported with the duration of its steps', async () => {
  await using emulator = await createEmulator();
  const byName = emulator.url.replace('127.0.0.1', 'localhost');
  expect(await connectionTo(emulator.url)).toEqual({ reused: false, dnsMs: undefined, tcpMs: some, tlsMs: undefined });
  expect(await connectionTo(byName)).toEqual({ reused: false, dnsMs: some, tcpMs: some, tlsMs: undefined });
});

it('a reused connection is distinguished from a new one beside it', async () => {
  await using emulator = await createEmulator();
  const together = await Promise.all([connectionTo(emulator.url), connectionTo(emulator.url)]);
  const after = await Promise.all([1, 2, 3].map(() => connectionTo(emulator.url)));
  expect(together.map((connection) => connection?.reused)).toEqual([false, false]);
  expect(after.filter((connection) => connection?.reused)).toHaveLength(2);
  expect(after).toContainEqual({ reused: true, dnsMs: undefined, tcpMs: undefined, tlsMs: undefined });
});

it('nothing is reported for a dispatcher that hides its connections', async () => {
  await using emulator = await createEmulator();
  const dispatcher = new Agent();
  expect(await connectionTo(emulator.url, { dispatcher })).toBeUndefined();
  await dispatcher.close();
});

it('the TLS handshake is reported by itself', async () => {
  await using emulator = await createEmulator({ scenario: 'tls-unknown-issuer' });
  const code = `
    import { openEventStream } from '@gemini/http-streaming';
    const url = ${JSON.stringify(emulator.url + apiPath)};
    const stream = await openEventStream({ url, json: ${JSON.stringify(prompt)} });
    for await (const event of stream);
    console.log(JSON.stringify(stream.timing));
  `;
  // The certificate is self-signed: the test is about the time of its check.
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  const { stdout } = await runChild(code, { env });
  const { connection, connectedMs } = JSON.parse(stdout) as { connection: ConnectionTimes; connectedMs: number };
  expect(connection).toEqual({ reused: false, tcpMs: some, tlsMs: some });
  const { tcpMs = 0, tlsMs = 0 } = connection;
  expect(tcpMs + tlsMs).toBeLessThanOrEqual(connectedMs);
  // Without the TCP event, TCP would get all of the time and the handshake none.
  expect(tlsMs).toBeGreaterThan(0);
});
