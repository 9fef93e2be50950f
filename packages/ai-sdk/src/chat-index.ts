/** Finds the stream of a chat's latest answer. */
export interface ChatIndex {
  /** The stream is the chat's latest answer from now on. */
  set(chatId: string, streamId: string): Promise<void>;
  /** Resolves with the id of the stream, or `undefined` for a chat without one. */
  get(chatId: string): Promise<string | undefined>;
}

/** Options of `memoryChatIndex`. */
export interface MemoryChatIndexOptions {
  /** @defaultValue 100,000. Past it the chats that were set first are forgotten. */
  readonly maxChats?: number | undefined;
}

/** Returns an index in the memory of this process. */
export function memoryChatIndex({ maxChats = 100_000 }: MemoryChatIndexOptions = {}): ChatIndex {
  if (!(maxChats >= 1)) throw new TypeError(`maxChats: expected a number of at least 1, got ${String(maxChats)}`);
  const streams = new Map<string, string>();
  return {
    async set(chatId, streamId) {
      // The last one set is the last one forgotten.
      streams.delete(chatId);
      streams.set(chatId, streamId);
      for (const oldest of streams.keys()) {
        if (streams.size <= maxChats) break;
        streams.delete(oldest);
      }
    },
    get: async (chatId) => streams.get(chatId),
  };
}

/** A client of `redis`, `ioredis` or `iovalkey`. */
export interface ChatIndexClient {
  set(key: string, value: string, ...more: never[]): Promise<unknown>;
  get(key: string): Promise<unknown>;
  expire(key: string, seconds: number): Promise<unknown>;
}

/** Options of `redisChatIndex`. */
export interface RedisChatIndexOptions {
  readonly client: ChatIndexClient;
  /** The beginning of every key. @defaultValue `'gs:chat:'` */
  readonly prefix?: string | undefined;
  /** @defaultValue 86,400: a chat is forgotten a day after its latest answer began. */
  readonly ttlSeconds?: number | undefined;
}

/** Returns an index that all processes share. */
export function redisChatIndex({ client, prefix = 'gs:chat:', ttlSeconds = 86_400 }: RedisChatIndexOptions): ChatIndex {
  return {
    async set(chatId, streamId) {
      await client.set(prefix + chatId, streamId);
      await client.expire(prefix + chatId, ttlSeconds);
    },
    async get(chatId) {
      const found = await client.get(prefix + chatId);
      return typeof found === 'string' ? found : undefined;
    },
  };
}
