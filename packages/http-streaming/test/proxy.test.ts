import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { runChild } from './run-child.ts';
import { startProxy } from './start-proxy.ts';
import { answerLength } from './outcome-of.ts';

const streamFrom = (url: string): string => `
  import { openEventStream } from '@gemini/http-streaming';
  const url = ${JSON.stringify(url)} + '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
  const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
  // The emulator answers to loopback names only, and to those nothing goes through a proxy.
  const headers = { host: 'localhost' };
  try {
    let count = 0;
    for await (const event of await openEventStream({ url, json, headers }, { retry: false })) count += 1;
    console.log(count);
  } catch (error) {
    console.log(error.code, error.connectPhase);
  }
`;
// The certificate is self-signed: the test is about the route of the bytes.
const anyCertificate = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };

describe('without a dispatcher', () => {
  it.for(['tls-unknown-issuer', 'http2'])(
    'a request to https goes through a CONNECT proxy, as HTTP/1.1: %s',
    async (scenario) => {
      await using emulator = await createEmulator({ scenario });
      await using proxy = await startProxy();
      const { port } = new URL(emulator.url);
      const run = await runChild(streamFrom(`https://gemini.test:${port}`), {
        env: { HTTPS_PROXY: proxy.url, ...anyCertificate },
      });
      expect(run).toEqual({ stdout: `${answerLength}\n`, stderr: '', exitCode: 0 });
      expect(proxy.asked).toEqual([`CONNECT gemini.test:${port}`]);
      expect(emulator.requests).toMatchObject([{ method: 'POST', httpVersion: '1.1' }]);
    },
  );

  it('a request to http goes through the proxy', async () => {
    await using emulator = await createEmulator();
    await using proxy = await startProxy();
    const { port } = new URL(emulator.url);
    const run = await runChild(streamFrom(`http://gemini.test:${port}`), { env: { http_proxy: proxy.url } });
    expect(run).toEqual({ stdout: `${answerLength}\n`, stderr: '', exitCode: 0 });
    expect(proxy.asked).toEqual([`POST http://gemini.test:${port}`]);
  });

  it('a request that is cancelled before the proxy is known is not sent', async () => {
    await using proxy = await startProxy();
    const code = `
      import { OpeningStream } from '@gemini/http-streaming';
      const opening = new OpeningStream({ url: 'http://gemini.test/' }, { retry: false });
      opening.cancel('enough');
      await opening.opened.catch(({ code, cause }) => console.log(code, cause));
    `;
    const run = await runChild(code, { env: { http_proxy: proxy.url } });
    expect(run).toEqual({ stdout: 'aborted enough\n', stderr: '', exitCode: 0 });
    expect(proxy.asked).toEqual([]);
  });

  it.for([
    ['http', 'http_proxy', undefined],
    ['https', 'HTTPS_PROXY', 'tls-unknown-issuer'],
  ] as const)('a connection through a proxy to %s is reported as new or reused', async ([protocol, name, scenario]) => {
    await using emulator = await createEmulator({ scenario });
    await using proxy = await startProxy();
    const { port } = new URL(emulator.url);
    const code = `
      import { openEventStream } from '@gemini/http-streaming';
      const url = '${protocol}://gemini.test:${port}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
      const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
      for (let count = 0; count < 3; count += 1) {
        const stream = await openEventStream({ url, json, headers: { host: 'localhost' } }, { retry: false });
        for await (const event of stream);
        await new Promise(setImmediate);
        console.log(JSON.stringify(stream.timing.connection));
      }
    `;
    const run = await runChild(code, { env: { [name]: proxy.url, ...anyCertificate } });
    expect(run).toEqual({
      stdout: '{"reused":false}\n{"reused":true}\n{"reused":true}\n',
      stderr: '',
      exitCode: 0,
    });
  });

  it('NO_PROXY excludes a host', async () => {
    await using proxy = await startProxy();
    const run = await runChild(streamFrom('https://gemini.invalid'), {
      env: { HTTPS_PROXY: proxy.url, NO_PROXY: '.invalid' },
    });
    expect(run.stdout).toBe('connect-failed dns\n');
    expect(proxy.asked).toEqual([]);
  });

  it('a request to loopback never goes through a proxy', async () => {
    await using emulator = await createEmulator();
    await using proxy = await startProxy();
    const run = await runChild(streamFrom(emulator.url), { env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } });
    expect(run).toEqual({ stdout: `${answerLength}\n`, stderr: '', exitCode: 0 });
    expect(proxy.asked).toEqual([]);
  });

  it('an error of the proxy names the proxy as the phase', async () => {
    await using proxy = await startProxy(true);
    const run = await runChild(streamFrom('https://gemini.test'), { env: { HTTPS_PROXY: proxy.url } });
    expect(run).toEqual({ stdout: 'connect-failed proxy\n', stderr: '', exitCode: 0 });
  });
});
