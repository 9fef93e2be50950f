import { StreamManagerError, type ManagedStream, type StreamManager } from '@gemini/stream-manager';
import type { UIMessage, UIMessageChunk } from 'ai';
import { createHash } from 'node:crypto';
import { type ChatIndex, memoryChatIndex } from './chat-index.ts';
import { checkOptions } from './check-options.ts';
import { toUIMessageStreamResponse, type UIMessageStreamResponseOptions } from './to-ui-message-stream-response.ts';

const optionNames = ['streams', 'answer', 'userOf', 'chats', 'lingerMs', 'maxBodyBytes', 'response'];

/**
 * Creates the handlers of a chat for `createChatTransport`, and for the AI SDK's own transport: `POST` starts an answer,
 * `GET` follows it from any position, `DELETE` stops it. They take and return what the handlers of Next.js, Hono and others
 * do.
 * @throws TypeError for an unknown or invalid option
 */
export function createChatHandler<Message extends UIMessage = UIMessage>(
  options: ChatHandlerOptions<Message>,
): ChatHandler {
  checkOptions('createChatHandler', options, optionNames);
  const { streams, answer, userOf } = options;
  if (typeof streams?.start !== 'function') throw new TypeError('streams: expected a manager of streams');
  for (const [name, value] of Object.entries({ answer, userOf })) {
    if (typeof value !== 'function') throw new TypeError(`${name}: expected a function, got ${typeof value}`);
  }
  return new Handler(options);
}

class Handler<Message extends UIMessage> implements ChatHandler {
  readonly #options: ChatHandlerOptions<Message>;
  readonly #chats: ChatIndex;

  constructor(options: ChatHandlerOptions<Message>) {
    this.#options = options;
    this.#chats = options.chats ?? memoryChatIndex();
  }

  readonly POST = async (request: Request): Promise<Response> => {
    const { streams, answer, userOf, lingerMs = defaultLingerMs, maxBodyBytes = defaultMaxBodyBytes } = this.#options;
    const read = await readBody<Message>(request, maxBodyBytes);
    if (read instanceof Response) return read;
    const { id: chatId, messages } = read;
    const user = await userOf(request, chatId);
    if (user === undefined) return refusal(403);
    // One key is one answer, of this user and this chat: a page may send its request twice.
    const key = request.headers.get('idempotency-key') ?? crypto.randomUUID();
    const streamId = hash([user, chatId, key]);
    const started = streams.start(({ signal }) => answer({ messages, chatId, user, request, signal, body: read }), {
      id: streamId,
      onDuplicate: 'join',
      lingerMs,
      metadata: { user },
    });
    await this.#chats.set(this.#chatKey(user, chatId), streamId);
    return this.#serve(request, (await this.#find(started.id)) ?? started);
  };

  readonly GET = async (request: Request, chatId: string): Promise<Response> => {
    const user = await this.#options.userOf(request, chatId);
    if (user === undefined) return refusal(403);
    const streamId = await this.#chats.get(this.#chatKey(user, chatId));
    const stream = streamId === undefined ? undefined : await this.#find(streamId);
    // Without a position a chat is loaded: it has its message already, unless the answer still runs.
    const isLoaded = !request.headers.has('last-event-id');
    const isRunning = stream !== undefined && stream.info().endedAt === undefined;
    if (isLoaded && !isRunning) return new Response(null, { status: 204 });
    return this.#serve(request, stream);
  };

  readonly DELETE = async (request: Request, chatId: string): Promise<Response> => {
    const user = await this.#options.userOf(request, chatId);
    if (user === undefined) return refusal(403);
    const streamId = await this.#chats.get(this.#chatKey(user, chatId));
    const stream = streamId === undefined ? undefined : await this.#find(streamId);
    if (stream === undefined) return refusal(404);
    stream.stop('user');
    return new Response(null, { status: 204 });
  };

  #serve(request: Request, stream: ManagedStream<UIMessageChunk> | undefined): Response {
    const { response } = this.#options;
    return toUIMessageStreamResponse(stream, { ...response, lastEventId: request.headers.get('last-event-id') });
  }

  /** Finds a stream in any process. */
  async #find(streamId: string): Promise<ManagedStream<UIMessageChunk> | undefined> {
    try {
      return await this.#options.streams.attach(streamId);
    } catch (error) {
      if (error instanceof StreamManagerError && error.code === 'stream-not-found') return undefined;
      throw error;
    }
  }

  /** A chat id comes from a page: that of another user is another chat. */
  #chatKey(user: string, chatId: string): string {
    return hash([user, chatId]);
  }
}

const defaultLingerMs = 60_000;
const defaultMaxBodyBytes = 32 * 1_048_576;

interface ChatBody<Message> extends Record<string, unknown> {
  readonly id: string;
  readonly messages: Message[];
}

/** Reads the body of a message, within a bound; returns the answer to one that cannot be read. */
async function readBody<Message>(request: Request, maxBytes: number): Promise<ChatBody<Message> | Response> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) return refusal(413);
    chunks.push(chunk);
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Partial<ChatBody<Message>> | null;
    if (typeof body?.id === 'string' && Array.isArray(body.messages)) return body as ChatBody<Message>;
  } catch {
    // Answered below.
  }
  return refusal(400);
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store' } });
}

/** Names of several parts cannot be confused: each has its length before it. */
function hash(parts: readonly string[]): string {
  const named = parts.map((part) => `${part.length}:${part}`).join('');
  return createHash('sha256').update(named).digest('base64url');
}

/** A message of a page. */
export interface ChatRequest<Message extends UIMessage = UIMessage> {
  /** The whole chat, with the new message. Check it: it comes from a page. */
  readonly messages: Message[];
  readonly chatId: string;
  readonly user: string;
  readonly request: Request;
  /** The whole body, with what the page adds. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborted when the answer is stopped: pass it to `gemini.stream`. */
  readonly signal: AbortSignal;
}

/** Options of `createChatHandler`. */
export interface ChatHandlerOptions<Message extends UIMessage = UIMessage> {
  /** The streams of the answers: `createStreamManager<UIMessageChunk>()`, with a `streamLog` for several processes. */
  readonly streams: StreamManager<UIMessageChunk>;
  /** Answers a message: `toUIMessageStream(gemini.stream(…, { signal }))`. */
  readonly answer: (
    chat: ChatRequest<Message>,
  ) => AsyncIterable<UIMessageChunk> | PromiseLike<AsyncIterable<UIMessageChunk>>;
  /** Returns who asks, or `undefined` to refuse with 403: only the same user follows and stops an answer. */
  readonly userOf: (request: Request, chatId: string) => string | undefined | Promise<string | undefined>;
  /** @defaultValue `memoryChatIndex()` */
  readonly chats?: ChatIndex | undefined;
  /** How long an answer runs on without a reader. @defaultValue 60,000 milliseconds */
  readonly lingerMs?: number | undefined;
  /** The longest body of a message. @defaultValue 32 MiB. Past it the answer is 413. */
  readonly maxBodyBytes?: number | undefined;
  /** Options of every response. */
  readonly response?: Omit<UIMessageStreamResponseOptions, 'lastEventId' | 'message'> | undefined;
}

/** The handlers of a chat. */
export interface ChatHandler {
  /** Starts the answer to a message, or joins the one that has its key, and serves it. */
  readonly POST: (request: Request) => Promise<Response>;
  /** Serves the chat's running answer, from the start or after `Last-Event-ID`. */
  readonly GET: (request: Request, chatId: string) => Promise<Response>;
  /** Stops the chat's running answer. */
  readonly DELETE: (request: Request, chatId: string) => Promise<Response>;
}
