import { createEmulator, type Emulator } from '@gemini/emulator';
import { openEventStream, type DeliveryVerdict } from '@gemini/http-streaming';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** One way to put nginx in front of a stream. */
interface Setup {
  readonly buffering: 'on' | 'off';
  readonly upstream: '1.0' | '1.1';
  readonly gzip: 'on' | 'off';
}

const setups: readonly Setup[] = (['on', 'off'] as const).flatMap((buffering) =>
  (['1.0', '1.1'] as const).flatMap((upstream) =>
    (['on', 'off'] as const).map((gzip) => ({ buffering, upstream, gzip })),
  ),
);
const nameOf = ({ buffering, upstream, gzip }: Setup): string => `buffering-${buffering}_http-${upstream}_gzip-${gzip}`;

// Debian keeps nginx in a folder that is not on every user's path.
const nginxCommand = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
const answer = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };

let emulator: Emulator;
let nginx: ChildProcess;
let folder: string;
let port: number;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const free = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  return free;
};

const configuration = (upstreamUrl: string): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  gzip_types text/event-stream;
  gzip_proxied any;
  server {
    listen 127.0.0.1:${port};
    proxy_set_header Host localhost;
    proxy_set_header Connection "";
    proxy_set_header Accept-Encoding identity;
    ${setups
      .map(
        (setup) => `location /${nameOf(setup)}/ {
      proxy_pass ${upstreamUrl}/;
      proxy_buffering ${setup.buffering};
      proxy_http_version ${setup.upstream};
      gzip ${setup.gzip};
    }`,
      )
      .join('\n    ')}
  }
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
  folder = await mkdtemp(join(tmpdir(), 'nginx-streams-'));
  port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(emulator.url));
  execFileSync(nginxCommand, ['-t', '-q', '-c', file, '-p', folder, '-e', join(folder, 'error.log')]);
  nginx = spawn(nginxCommand, ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  for (let patience = 100; patience > 0; patience -= 1) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(50);
  }
  throw new Error('nginx did not come up');
});
afterAll(async () => {
  nginx.kill('SIGQUIT');
  await emulator.close();
  await rm(folder, { recursive: true });
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

/** What is to be found: the compressor holds all back, a buffer that waits for the end of the upstream gives out pages. */
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
