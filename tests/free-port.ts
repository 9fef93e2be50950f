import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a port of 127.0.0.1 for a program that has to be given one, also for one that starts again on it.
 *
 * The port is below those that systems give out by themselves (from 32,768 on Linux, from 49,152 elsewhere), so no
 * connection and no other server comes by it in the meantime. So is the port 10,000 above it, where a server of a
 * Redis cluster listens for the others. It is above those that `fetch` refuses.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 11_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
