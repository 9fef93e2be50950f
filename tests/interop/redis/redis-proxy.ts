import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a client and its Redis, which a test can disturb. */
export interface RedisProxy extends AsyncDisposable {
  readonly port: number;
  /** Closes every connection, and lets new ones come. */
  drop(): void;
  /** Lets nothing through in either direction, and closes nothing: a network that has failed. */
  freeze(): void;
  /** Lets through again what has waited. */
  thaw(): void;
  /**
   * Lets the next command that contains the text through, and closes its connection instead of passing the reply on.
   * Resolves when it has happened.
   */
  dropReplyOf(text: string): Promise<void>;
}

/** Starts a proxy to a port of this machine. */
export async function startProxy(targetPort: number): Promise<RedisProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isFrozen = false;
  let dropped: { text: string; resolve: () => void } | undefined;
  const server = createServer((client) => {
    const redis = connect(targetPort, '127.0.0.1');
    const pair = [client, redis] as const;
    pairs.add(pair);
    let mustDrop: (() => void) | undefined;
    client.on('data', (data) => {
      if (dropped !== undefined && data.includes(dropped.text)) {
        mustDrop = dropped.resolve;
        dropped = undefined;
      }
      redis.write(data);
    });
    redis.on('data', (data) => {
      if (mustDrop === undefined) return void client.write(data);
      client.destroy();
      mustDrop();
    });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
      if (isFrozen) socket.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = (): void => {
    for (const [client] of pairs) client.destroy();
  };
  const sockets = (): Socket[] => [...pairs].flat();
  return {
    port: (server.address() as AddressInfo).port,
    drop,
    freeze() {
      isFrozen = true;
      for (const socket of sockets()) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets()) socket.resume();
    },
    dropReplyOf: (text) => new Promise((resolve) => (dropped = { text, resolve })),
    async [Symbol.asyncDispose]() {
      server.close();
      drop();
      await once(server, 'close');
    },
  };
}
