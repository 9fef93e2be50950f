import { redisStreamLog } from '@gemini/stream-log-redis';
import { createStreamManager } from '@gemini/stream-manager';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterLibraries, type RedisCluster, startCluster, unusableClusters } from './redis/redis-cluster.ts';
import { leaseMs, numbers, read, share, upTo } from './redis/redis-nodes.ts';

/** Two managers with a client each over one cluster. */
async function open(library: string, ports: readonly number[]) {
  const connect = clusterLibraries[library];
  if (connect === undefined) throw new Error(`there is no library ${library}`);
  const clients = [await connect(ports), await connect(ports)] as const;
  const managers = clients.map(({ client }) =>
    createStreamManager<number, string>({ streamLog: redisStreamLog({ client, leaseMs }) }),
  );
  const nodes = managers.map((manager) => ({ manager }));
  return Object.assign(nodes as [(typeof nodes)[number], (typeof nodes)[number]], {
    async [Symbol.asyncDispose]() {
      await Promise.all(managers.map((manager) => manager.close()));
      for (const { close } of clients) close();
    },
  });
}

describe.for(Object.keys(clusterLibraries))('a cluster of three shards over %s', (library) => {
  // One for both tests, because it takes as long as they do to start one. The last test leaves it without a primary.
  let cluster: RedisCluster;
  beforeAll(async () => void (cluster = await startCluster()));
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('serves streams of all shards, stops them from another node, and starts each id once', async () => {
    await using nodes = await open(library, cluster.ports);
    const [one, other] = nodes;
    const streams = await Promise.all(upTo(12).map(() => share(one, other)));
    for (const number of upTo(30)) for (const { sink } of streams) sink.push(number);
    for (const { far, stream } of streams) {
      await far.has(30);
      (await other.manager.attach(stream.id)).stop('enough');
      expect(await far.end).toMatchObject({ status: 'stopped', reason: 'enough' });
      expect(far.items).toEqual(upTo(30));
      expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'enough' });
    }
    const id = randomUUID();
    const sources = [numbers(), numbers()] as const;
    const joined = nodes.map(({ manager }, index) =>
      manager.start((sources[index] ?? sources[0]).source, { id, onDuplicate: 'join' }),
    );
    await Promise.all(nodes.map(({ manager }) => manager.attach(id)));
    const sinks = sources.flatMap((source) => source.sinks);
    expect(sinks).toHaveLength(1);
    sinks[0]?.end('done');
    for (const stream of joined) expect(await stream.ended).toMatchObject({ status: 'completed' });
  });

  it('loses a primary in the middle of streams: each goes to its end, with each event once', async () => {
    await using nodes = await open(library, cluster.ports);
    const [one, other] = nodes;
    const streams = await Promise.all(upTo(12).map(() => share(one, other)));
    for (const number of upTo(30)) for (const { sink } of streams) sink.push(number);
    for (const { far } of streams) await far.has(30);
    const killed = cluster.killPrimaryOf(`gs:{${streams[0]?.id}}:meta`);
    for (const number of upTo(30)) for (const { sink } of streams) sink.push(30 + number);
    await killed;
    for (const number of upTo(30)) for (const { sink } of streams) sink.push(60 + number);
    for (const { far } of streams) await far.has(90);
    for (const { sink } of streams) sink.end('done');
    for (const { far, id } of streams) {
      expect(await far.end).toMatchObject({ status: 'completed', result: 'done' });
      expect(far.items).toEqual(upTo(90));
      expect(await cluster.field(`gs:{${id}}:meta`, 'n')).toBe('90');
    }
    // A node that comes later finds them where they are now.
    const late = read(await other.manager.attach(streams[0]?.id ?? ''));
    await late.end;
    expect(late.items).toEqual(upTo(90));
  });
});

describe('a cluster that cannot be used is refused', () => {
  it.for(Object.keys(unusableClusters) as (keyof typeof unusableClusters)[])('%s', (name) => {
    expect(() => redisStreamLog({ client: unusableClusters[name]() })).toThrow(TypeError);
  });
});
