import { Cluster } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis-5';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createCluster } from 'redis';
import { createCluster as createCluster5 } from 'redis-5';
import type { OpenClient } from './redis-clients.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const run = promisify(execFile);

/** The time after which the servers of a cluster take one of them for dead. */
const nodeTimeoutMs = 1_000;

/** A Redis cluster of three primaries with a replica each. */
export interface RedisCluster extends AsyncDisposable {
  readonly ports: readonly number[];
  /** Ends the primary that has a key, as a crash does. Resolves when a replica has taken its place. */
  killPrimaryOf(key: string): Promise<void>;
  /** Returns a field of a hash, from whichever server has it. */
  field(key: string, name: string): Promise<string>;
}

/** Starts a cluster. Resolves when it serves all slots. */
export async function startCluster(): Promise<RedisCluster> {
  const timeout = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeoutMs}`];
  const servers = await Promise.all(Array.from({ length: 6 }, () => startRedis(...timeout)));
  const ports = servers.map(({ port }) => port);
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
  const alive = new Set(servers);
  const isOk = async (server: RedisServer): Promise<boolean> =>
    (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok');
  const settle = async (): Promise<void> => {
    while (!(await Promise.all([...alive].map(isOk))).every(Boolean)) await pause();
  };
  const primaryOf = async (key: string): Promise<number> => {
    const slot = Number(await anyOf(alive).command('CLUSTER', 'KEYSLOT', key));
    for (const line of (await anyOf(alive).command('CLUSTER', 'NODES')).split('\n')) {
      const [, address = '', flags = '', , , , , , ...ranges] = line.split(' ');
      const isHere = ranges.some((range) => {
        const [from, to = from] = range.split('-').map(Number);
        return from !== undefined && to !== undefined && slot >= from && slot <= to;
      });
      if (flags.includes('master') && !flags.includes('fail') && isHere) return Number(/:(\d+)@/.exec(address)?.[1]);
    }
    return 0;
  };
  await settle();
  // A replica takes over only if it has copied its primary.
  const isReplicated = async (server: RedisServer): Promise<boolean> => {
    const info = await server.command('INFO', 'replication');
    return info.includes('role:master') || info.includes('master_link_status:up');
  };
  while (!(await Promise.all(servers.map(isReplicated))).every(Boolean)) await pause();
  return {
    ports,
    async killPrimaryOf(key) {
      const port = await primaryOf(key);
      const server = servers.find((candidate) => candidate.port === port);
      if (server === undefined) throw new Error(`no primary has ${key}`);
      await server.kill();
      alive.delete(server);
      for (;;) {
        const next = await primaryOf(key);
        if (next !== port && next !== 0) break;
        await pause();
      }
      await settle();
    },
    async field(key, name) {
      const port = await primaryOf(key);
      const { stdout } = await run('redis-cli', ['-p', `${port}`, 'HGET', key, name]);
      return stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

// Each look at the servers starts six programs.
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}

/** Returns a server that is alive. */
function anyOf(alive: ReadonlySet<RedisServer>): RedisServer {
  const [server] = alive;
  if (server === undefined) throw new Error('every server is dead');
  return server;
}

/** The libraries that can use a cluster, each as a way to connect. */
export const clusterLibraries: Readonly<Record<string, (ports: readonly number[]) => Promise<OpenClient>>> = {
  async 'redis 6'(ports) {
    const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  'ioredis 6': (ports) => ready(new Cluster(hosts(ports), { shardedSubscribers: true })),
  'ioredis 5': (ports) => ready(new Cluster5(hosts(ports), { shardedSubscribers: true })),
};

/** Clusters that cannot be used, not connected. */
export const unusableClusters = {
  'redis 5': () => createCluster5({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }),
  'ioredis without sharded subscribers': () => new Cluster(hosts([1]), { lazyConnect: true }),
};

async function ready(client: Cluster | Cluster5): Promise<OpenClient> {
  client.on('error', () => {});
  if (client.status !== 'ready') await new Promise<void>((resolve) => client.once('ready', () => resolve()));
  return { client, close: () => client.disconnect() };
}

function hosts(ports: readonly number[]): { host: string; port: number }[] {
  return ports.map((port) => ({ host: '127.0.0.1', port }));
}
