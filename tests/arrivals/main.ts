import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.ts';
import { startNginx } from '../interop/nginx.ts';
import { nameOf, setupDirectives, setups } from '../interop/nginx-setups.ts';
import { createOrigin, paces } from './arrival-origins.ts';
import { readArrivals } from './read-arrivals.ts';

/** The intermediary between the server and its reader. */
interface Path {
  readonly name: string;
  readonly prefix: string;
  readonly coding: 'plain' | 'flushed' | 'unflushed';
  readonly acceptEncoding: 'identity' | 'gzip';
}

/**
 * `pnpm record-arrivals` records how events arrive over what stands between a server and its reader, and how late: by the
 * server's own clock, never by what our verdict says. The recordings are unit tests of `@gemini/http-streaming`.
 */
const origin = createOrigin().listen(0, '127.0.0.1');
await once(origin, 'listening');
const originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
const port = await freePort();
const nginx = await startNginx(`server { listen 127.0.0.1:${port}; ${setupDirectives(originUrl)} }`, port);
const nginxUrl = `http://127.0.0.1:${port}`;

const paths: Path[] = [
  { name: 'straight', prefix: originUrl, coding: 'plain', acceptEncoding: 'identity' },
  { name: 'gzip, flushed', prefix: originUrl, coding: 'flushed', acceptEncoding: 'gzip' },
  { name: 'gzip, not flushed', prefix: originUrl, coding: 'unflushed', acceptEncoding: 'gzip' },
];
for (const setup of setups) {
  for (const acceptEncoding of ['identity', 'gzip'] as const) {
    const asked = acceptEncoding === 'gzip' ? ', asked for gzip' : '';
    const name = `nginx, ${nameOf(setup).replaceAll('_', ', ').replaceAll('-', ' ')}${asked}`;
    paths.push({ name, prefix: `${nginxUrl}/${nameOf(setup)}`, coding: 'plain', acceptEncoding });
  }
}

try {
  const recordings = [];
  for (const [index, pace] of paces.entries()) {
    for (const { name, prefix, coding, acceptEncoding } of paths) {
      const response = await readArrivals(`${prefix}/${coding}/${index}`, acceptEncoding);
      const isBatched = pace.writes.some(({ events }) => events > 1);
      recordings.push({ name: `${pace.name}: ${name}`, isBatched, ...response });
    }
  }
  const file = new URL('../../packages/http-streaming/test/recorded-arrivals.ndjson', import.meta.url);
  await writeFile(file, recordings.map((recording) => `${JSON.stringify(recording)}\n`).join(''));
  process.stdout.write(`${recordings.length} recordings in ${fileURLToPath(file)}\n`);
} finally {
  await nginx[Symbol.asyncDispose]();
  origin.close();
}
