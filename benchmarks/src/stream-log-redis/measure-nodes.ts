import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import { freePort } from '../../../tests/free-port.ts';
import type { ContestantName } from './contestants.ts';
import type { NodeCost, NodeLoad } from './node.ts';

/** So many streams on one node, followed by so many readers each on another. */
export interface SharedLoad {
  readonly streams: number;
  readonly readers: number;
  /** Events of each stream in a second, of 300 bytes. */
  readonly perSecond: number;
  readonly settleSeconds: number;
  readonly seconds: number;
}

/** The cost of a load. */
export interface SharedCost {
  /** From the push on one node to a reader on the other. */
  readonly p50Us: number;
  readonly producerUsPerEvent: number;
  readonly followerUsPerDelivery: number;
  readonly redisUsPerEvent: number;
  readonly redisBytesOutPerEvent: number;
  /** The share of the deliveries that were due. */
  readonly delivered: number;
}

const program = fileURLToPath(new URL('node.ts', import.meta.url));

/** Measures a contestant with a Redis and two processes of its own. */
export async function measureNodes(name: ContestantName, load: SharedLoad): Promise<SharedCost> {
  const { streams, readers, perSecond, settleSeconds, seconds } = load;
  const redis = await startRedis();
  const nodes: ChildProcess[] = [];
  const open = async (role: NodeLoad['role']): Promise<ChildProcess> => {
    const argument: NodeLoad = { name, role, port: redis.port, streams, readers, perSecond };
    const node = fork(program, [JSON.stringify(argument)]);
    nodes.push(node);
    await once(node, 'message');
    return node;
  };
  try {
    const producer = await open('run');
    const follower = await open('follow');
    producer.send('push');
    await sleep(settleSeconds * 1_000);
    const before = await redis.info();
    for (const node of nodes) node.send('begin');
    await sleep(seconds * 1_000);
    const costs = [producer, follower].map(async (node) => {
      node.send('end');
      const [cost] = (await once(node, 'message')) as [NodeCost];
      return cost;
    });
    const [own, far] = (await Promise.all(costs)) as [NodeCost, NodeCost];
    const after = await redis.info();
    // The node that runs the streams has one reader of each.
    const events = own.deliveries;
    return {
      p50Us: far.p50Us,
      producerUsPerEvent: own.cpuUs / events,
      followerUsPerDelivery: far.cpuUs / far.deliveries,
      redisUsPerEvent: (after.cpuUs - before.cpuUs) / events,
      redisBytesOutPerEvent: (after.bytesOut - before.bytesOut) / events,
      delivered: far.deliveries / (streams * readers * perSecond * seconds),
    };
  } finally {
    for (const node of nodes) node.kill('SIGKILL');
    await redis.stop();
  }
}

interface RedisUsage {
  readonly cpuUs: number;
  readonly bytesOut: number;
}

async function startRedis(): Promise<{ port: number; info(): Promise<RedisUsage>; stop(): Promise<void> }> {
  const port = await freePort();
  const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', words, { stdio: 'ignore' });
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 50 } });
  client.on('error', () => {});
  await client.connect();
  return {
    port,
    async info() {
      const text = await client.info('everything');
      const number = (name: string): number => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]);
      return {
        cpuUs: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
        bytesOut: number('total_net_output_bytes'),
      };
    },
    async stop() {
      client.destroy();
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
  };
}
