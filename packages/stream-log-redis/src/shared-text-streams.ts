import { createStreamManager, StreamManagerError } from '@gemini/stream-manager';
import type { Claim, ManagedStream, StreamLogProvider, StreamManager } from '@gemini/stream-manager';
import { adaptClient, type RedisAdapter, type RedisLikeClient } from './redis-client.ts';
import { unavailable } from './redis-connection.ts';
import { redisStreamLog } from './redis-stream-log.ts';
import type { ResumableStreamContextOptions } from './resumable-stream.ts';
import { RedisLeader } from './stream-leader.ts';
import { withDeadline } from './timing.ts';

/** The time for which a finished stream is known to be done, in seconds. */
const doneSeconds = 86_400;
const timeoutMs = 2_000;
const defaultMaxHistoryBytes = 32 * 1_048_576;

/** The streams of each client, by prefix: contexts that are created for each request share them. */
const opened = new WeakMap<RedisLikeClient, Map<string, TextStreams>>();
/** The client that is made if none is given. */
let defaultClient: Promise<RedisLikeClient> | undefined;

/** The streams of one client under one prefix. */
export class TextStreams {
  readonly manager: StreamManager<string>;
  readonly #client: RedisLikeClient;
  readonly #adapter: RedisAdapter;
  readonly #prefix: string;
  /** The leaders of the streams of this process, until their ends are stored. */
  readonly #leaders = new Map<string, RedisLeader>();

  constructor(client: RedisLikeClient, prefix: string, options: ResumableStreamContextOptions) {
    const { leaseMs, onError, maxHistoryBytes = defaultMaxHistoryBytes } = options;
    this.#client = client;
    this.#adapter = adaptClient(client);
    this.#prefix = prefix;
    const streamLog = this.#withLeaders(redisStreamLog({ client, prefix: `${prefix}:`, leaseMs, onError, timeoutMs }));
    // The producer completes every stream, also without a reader.
    this.manager = createStreamManager<string>({ streamLog, lingerMs: Infinity, maxHistoryBytes });
  }

  async close(): Promise<void> {
    opened.get(this.#client)?.delete(this.#prefix);
    await this.manager.close();
    // The client that was made here has no other use.
    const made = await defaultClient;
    if (made !== this.#client) return;
    defaultClient = undefined;
    (made as unknown as { destroy(): void }).destroy();
  }

  /** Returns a running stream, `DONE` for one that has ended, and `undefined` for one that is not known. */
  async find(id: string): Promise<ManagedStream<string> | 'DONE' | undefined> {
    try {
      const stream = await this.manager.attach(id);
      // The end of a stream of another process may be on its way to this one.
      return stream.info().endedAt === undefined && !(await this.isDone(id)) ? stream : 'DONE';
    } catch (error) {
      if (!(error instanceof StreamManagerError) || error.code !== 'stream-not-found') throw error;
      return (await this.isDone(id)) ? 'DONE' : undefined;
    }
  }

  /** Whether a stream is known to be done, long after its events are gone. */
  async isDone(id: string): Promise<boolean> {
    const key = this.#doneKey(id);
    const found = await this.#send(key, ['GET', key]);
    return found !== null && found !== undefined;
  }

  /** Resolves when a stream of this process has ended, and its end is stored. */
  async whenDone(stream: ManagedStream<string>): Promise<void> {
    await stream.ended;
    const key = this.#doneKey(stream.id);
    const leader = this.#leaders.get(stream.id);
    this.#leaders.delete(stream.id);
    // Without Redis nothing is stored; the stream has its end all the same.
    await Promise.allSettled([leader?.whenDone(), this.#send(key, ['SET', key, '1', 'EX', String(doneSeconds)])]);
  }

  #send(key: string, command: readonly string[]): Promise<unknown> {
    return withDeadline(this.#adapter.send(key, command), timeoutMs, () =>
      unavailable(`Redis did not answer within ${timeoutMs} ms`),
    );
  }

  #doneKey(id: string): string {
    return `${this.#prefix}:{${id}}:done`;
  }

  #withLeaders(provider: StreamLogProvider): StreamLogProvider {
    return () => {
      const log = provider();
      return {
        check: (id) => log.check(id),
        lead: async (request): Promise<Claim> => {
          const claim = await log.lead(request);
          if (claim.type === 'led' && claim.leader instanceof RedisLeader) this.#leaders.set(request.id, claim.leader);
          return claim;
        },
        follow: (id) => log.follow(id),
        close: () => log.close(),
      };
    };
  }
}

/** Returns the streams of the client that the options name, connected. */
export async function openTextStreams(options: ResumableStreamContextOptions): Promise<TextStreams> {
  const { publisher, keyPrefix = 'resumable-stream' } = options;
  const client = publisher ?? (await (defaultClient ??= connectDefault()));
  if (publisher !== undefined) await connectGiven(publisher);
  let ofClient = opened.get(client);
  if (ofClient === undefined) opened.set(client, (ofClient = new Map()));
  let streams = ofClient.get(keyPrefix);
  if (streams === undefined) ofClient.set(keyPrefix, (streams = new TextStreams(client, keyPrefix, options)));
  return streams;
}

async function connectDefault(): Promise<RedisLikeClient> {
  const url = process.env['REDIS_URL'] ?? process.env['KV_URL'];
  if (url === undefined) throw new TypeError('publisher: expected a client, or REDIS_URL or KV_URL in the environment');
  const { createClient } = await import('redis');
  const client = createClient({ url });
  // The log repeats what fails; without a listener a lost connection would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Connects a client that was not connected yet. */
async function connectGiven(client: RedisLikeClient): Promise<void> {
  const { connect } = client as { connect?: () => Promise<unknown> };
  const isUnconnected = 'isOpen' in client ? !client.isOpen : client.status === 'wait';
  if (isUnconnected) await connect?.call(client);
}
