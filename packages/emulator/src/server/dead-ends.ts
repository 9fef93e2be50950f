import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { listen, type Listener } from './http-listeners.ts';

/**
 * Reserves a port that refuses connections: the local port of an open connection. Nothing listens on it, and the system
 * does not give it to another process.
 */
export async function createRefusingPort(): Promise<Listener> {
  const { server, close } = createHoldingServer();
  const port = await listen(server, 0, '127.0.0.1');
  const held = connect(port, '127.0.0.1');
  await once(held, 'connect');
  const url = `http://127.0.0.1:${held.localPort}`;
  return {
    url,
    close: () => {
      held.destroy();
      return close();
    },
  };
}

/** Opens a port that accepts connections but sends nothing, so that a TLS handshake never ends. */
export async function createSilentPort(): Promise<Listener> {
  const { server, close } = createHoldingServer();
  const port = await listen(server, 0, '127.0.0.1');
  return { url: `https://127.0.0.1:${port}`, close };
}

function createHoldingServer(): { server: ReturnType<typeof createServer>; close: () => Promise<void> } {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { server, close };
}

/** Listens with the shortest queue and then blocks its thread, so that it accepts no connection. */
const listenAndBlock = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** The limit of filler connections: more than any system queues for a backlog of one. */
const maxFillers = 16;
const fillerWaitMs = 250;

/** Opens a port that never accepts a connection, because its queue is full. */
export async function createUnansweredPort(): Promise<Listener> {
  const worker = new Worker(listenAndBlock, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  worker.unref();
  const fillers: Socket[] = [];
  for (let isFull = false; !isFull && fillers.length < maxFillers;) {
    const filler = connect(port, '127.0.0.1');
    filler.on('error', () => {});
    filler.unref();
    fillers.push(filler);
    isFull = await Promise.race([once(filler, 'connect').then(() => false), tick(fillerWaitMs)]);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

function tick(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, true);
  });
}
