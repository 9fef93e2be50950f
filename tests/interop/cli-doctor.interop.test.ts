import { createEmulator, type Emulator } from '@gemini/emulator';
import { createServer, request as sendRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../apps/cli/test/run-command.ts';
import { freePort } from '../free-port.ts';
import { startNginx } from './nginx.ts';
import { nameOf, setupDirectives, setups, type Setup } from './nginx-setups.ts';

let emulator: Emulator;
let nginx: AsyncDisposable;
let nginxUrl: string;

const configuration = (upstreamUrl: string, port: number): string => `
  server {
    listen 127.0.0.1:${port};
    ${setupDirectives(upstreamUrl)}
    location /impatient/ {
      proxy_pass ${upstreamUrl}/;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_read_timeout 1s;
    }
  }`;

beforeAll(async () => {
  // 60 events, one every 25 ms: longer than any buffer needs to show itself, shorter than a person's patience.
  emulator = await createEmulator({
    scenario: [
      { type: 'many-pieces', count: 60 },
      { type: 'pause', beforeEventMs: 25, headersFirst: true },
    ],
  });
  const port = await freePort();
  nginx = await startNginx(configuration(emulator.url, port), port);
  nginxUrl = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await nginx[Symbol.asyncDispose]();
  await emulator.close();
});

interface DoctorEnd {
  readonly isLive: boolean;
  readonly verdict: string;
  readonly headline: string;
  readonly cause?: string;
  readonly cure?: string;
  readonly comparison?: string;
}

const doctor = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await runCommand(['doctor', '--json', ...args]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; name?: string; tone?: string; finding?: string });
  const tones = Object.fromEntries(lines.flatMap(({ name, tone }) => (name === undefined ? [] : [[name, tone]])));
  const findings = Object.fromEntries(
    lines.flatMap(({ name, finding }) => (name === undefined ? [] : [[name, finding]])),
  );
  return { end: lines.at(-1) as unknown as DoctorEnd, tones, findings, stderr, exitCode };
};

const expected = ({ buffering, upstream, gzip }: Setup) => {
  if (buffering === 'off') return { isLive: true };
  if (upstream === '1.0') {
    return { isLive: false, verdict: 'partial', cause: /proxy's buffer/, cure: /^nginx: proxy_http_version 1\.1/ };
  }
  if (gzip === 'off') return { isLive: true };
  return { isLive: false, verdict: 'live', cause: /compressor/, cure: /^nginx: gzip off/ };
};

describe.concurrent('gemini-stream doctor behind nginx', () => {
  it.for(setups)('names the cause and the fix for %j', async (setup) => {
    const { end, tones, exitCode } = await doctor(`${nginxUrl}/${nameOf(setup)}`);
    const { isLive, verdict = 'live', cause, cure } = expected(setup);
    expect(end).toMatchObject({ isLive, verdict });
    expect(exitCode).toBe(isLive ? 0 : 1);
    if (cause !== undefined) expect(end.cause).toMatch(cause);
    if (cure !== undefined) expect(end.cure).toMatch(cure);
    // nginx keeps the connection to the client, and closes the one to the server when the client leaves.
    expect(tones).toMatchObject({ 'keep-alive': 'good', leaving: 'good' });
    expect(tones['compression']).toBe(setup.gzip === 'on' && setup.buffering === 'on' ? 'bad' : 'good');
  });

  it('reports which of two paths delays the stream', async () => {
    const held = `${nginxUrl}/${nameOf({ buffering: 'on', upstream: '1.0', gzip: 'off' })}`;
    const { end, exitCode } = await doctor('--quick', held, '--compare', emulator.url);
    expect(end).toMatchObject({ isLive: false, verdict: 'partial' });
    expect(end.comparison).toBe('the other path is live: a part of this path alone delays the answer');
    expect(exitCode).toBe(1);
  });

  it('reports that a proxy cuts a silent stream', async () => {
    const { tones, findings } = await doctor(`${nginxUrl}/impatient`, '--idle', '3');
    expect(tones['idle']).toBe('bad');
    expect(findings['idle']).toMatch(/^after (?:1|1\.\d+) s without a byte the connection was cut$/);
  });
});

describe.concurrent('gemini-stream doctor behind a proxy of Node', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  /** Compresses without a flush, or reads on when its client has left: as it is done by accident. */
  const startProxy = async (gzip: 'never' | 'offered' | 'always', isDeaf = false): Promise<string> => {
    const server = createServer((request, response) => {
      const { hostname, port } = new URL(emulator.url);
      const headers = { ...request.headers, 'accept-encoding': 'identity' };
      const upstream = sendRequest({ hostname, port, method: request.method, path: request.url, headers });
      upstream.on('response', (answer) => {
        const isOffered = /gzip/.test(request.headers['accept-encoding'] ?? '');
        const isAsked = gzip === 'always' || (gzip === 'offered' && isOffered);
        const coding = isAsked ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {};
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, { ...kept, ...coding });
        if (isAsked) answer.pipe(createGzip()).pipe(response);
        else answer.on('data', (chunk) => response.write(chunk)).on('end', () => response.end());
      });
      upstream.on('error', () => response.destroy());
      response.on('close', () => {
        if (!isDeaf) upstream.destroy();
      });
      request.pipe(upstream);
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('finds the compressor if the client offers gzip', async () => {
    const { end, tones, exitCode } = await doctor(await startProxy('offered'));
    expect(end).toMatchObject({
      isLive: false,
      verdict: 'live',
      headline: 'Live, but buffered for clients that offer gzip',
    });
    expect(end.cause).toMatch(/compressor that is not flushed/);
    expect(end.cure).toMatch(/^Flush the compressor after each event/);
    expect(tones['compression']).toBe('bad');
    expect(exitCode).toBe(1);
  });

  it('finds a compressor that compresses without an offer', async () => {
    const { end, findings, exitCode } = await doctor(await startProxy('always'));
    expect(end).toMatchObject({ isLive: false, verdict: 'buffered' });
    expect(end.cause).toMatch(/compressor that is not flushed/);
    expect(findings['compression']).toMatch(/^gzip without being asked; then the answer is buffered$/);
    expect(exitCode).toBe(1);
  });

  it('finds a proxy that reads on after the client has left', async () => {
    const { end, tones, findings } = await doctor(await startProxy('never', true));
    expect(end).toMatchObject({ isLive: true });
    expect(tones['leaving']).toBe('bad');
    expect(findings['leaving']).toMatch(/generated the answer to its end/);
  });
});
