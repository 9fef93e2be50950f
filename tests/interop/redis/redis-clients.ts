import type { RedisLikeClient } from '@gemini/stream-log-redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { Redis as Valkey } from 'iovalkey';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';

/** A client of one of the libraries, connected. */
export interface OpenClient {
  readonly client: RedisLikeClient;
  readonly close: () => void;
}

/** The libraries, each as a way to connect. */
export const libraries: Readonly<Record<string, (port: number) => Promise<OpenClient>>> = {
  'redis 6': (port) => nodeRedis(createClient({ url: url(port), socket: { reconnectStrategy: () => 30 } })),
  'redis 5': (port) => nodeRedis(createClient5({ url: url(port), socket: { reconnectStrategy: () => 30 } })),
  'ioredis 6': async (port) => ioredis(new Redis(port, '127.0.0.1', { retryStrategy: () => 30 })),
  'ioredis 5': async (port) => ioredis(new Redis5(port, '127.0.0.1', { retryStrategy: () => 30 })),
  iovalkey: async (port) => ioredis(new Valkey(port, '127.0.0.1', { retryStrategy: () => 30 })),
};

/** Connects with one of the libraries. */
export function openClient(library: string, port: number): Promise<OpenClient> {
  const open = libraries[library];
  if (open === undefined) throw new Error(`there is no library ${library}`);
  return open(port);
}

interface NodeRedis {
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
}

async function nodeRedis(client: NodeRedis & RedisLikeClient): Promise<OpenClient> {
  client.on('error', () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

interface Ioredis {
  on(event: 'error', listener: () => void): unknown;
  once(event: 'ready', listener: () => void): unknown;
  disconnect(): void;
}

async function ioredis(client: Ioredis & RedisLikeClient): Promise<OpenClient> {
  client.on('error', () => {});
  await new Promise<void>((resolve) => client.once('ready', resolve));
  return { client, close: () => client.disconnect() };
}

function url(port: number): string {
  return `redis://127.0.0.1:${port}`;
}
