import {
  type ReconnectOptions,
  refuseUnknown,
  type RequestHeaders,
  type ResolvedOptions,
  resolveOptions,
} from '@gemini/browser/resumption';
import type { ChatTransport, PrepareSendMessagesRequest, UIMessage, UIMessageChunk } from 'ai';
import { openChunks } from './open-chunks.ts';

const optionNames = [
  'api',
  'streamUrl',
  'headers',
  'credentials',
  'body',
  'fetch',
  'prepareSendMessagesRequest',
  'stopOnAbort',
  'reconnect',
];

/**
 * Creates a transport for `useChat` that survives lost connections in the middle of an answer: it continues after the
 * position of the last chunk, and the chat notices nothing.
 * @throws TypeError for an unknown or invalid option
 */
export function createChatTransport<Message extends UIMessage>(
  options: ChatTransportOptions<Message> = {},
): ResumingChatTransport<Message> {
  return new PositionTransport(options);
}

class PositionTransport<Message extends UIMessage> implements ResumingChatTransport<Message> {
  /** A page that was loaded again has no parts of the message: a resume always begins with the first chunk. */
  readonly resumeStreamIsReplay = true;
  readonly #options: ChatTransportOptions<Message>;

  /** The waits and bounds of each answer. */
  readonly #limits: ResolvedOptions<UIMessageChunk>;

  constructor(options: ChatTransportOptions<Message>) {
    refuseUnknown('', options, optionNames);
    const { fetch, reconnect } = options;
    this.#options = options;
    this.#limits = resolveOptions<UIMessageChunk>({ fetch, reconnect });
  }

  readonly sendMessages: ChatTransport<Message>['sendMessages'] = async (sent) => {
    const { api = '/api/chat', prepareSendMessagesRequest: prepare } = this.#options;
    const { chatId: id, messages, trigger, messageId, abortSignal, metadata: requestMetadata } = sent;
    const body = { ...(await resolve(this.#options.body)), ...sent.body };
    const headersOf = (): Promise<RequestHeaders> => this.#headers(sent.headers);
    const credentials = await resolve(this.#options.credentials);
    const facts = { id, messages, trigger, messageId, requestMetadata, credentials };
    const prepared = await prepare?.({ ...facts, api, body, headers: await headersOf() });
    const request = {
      url: prepared?.api ?? api,
      method: 'POST',
      headers: prepared?.headers === undefined ? headersOf : plain(prepared.headers),
      body: prepared?.body ?? { ...body, id, messages, trigger, messageId },
      credentials: prepared?.credentials ?? credentials,
    };
    const chunks = await openChunks(request, {
      limits: this.#limits,
      rejoinAddress: this.#streamUrl(id),
      signal: abortSignal,
      onAbort: () => this.#onAbort(id),
    });
    // A 204 for a new message: there is nothing to read.
    return chunks ?? new ReadableStream({ start: (controller) => controller.close() });
  };

  readonly reconnectToStream: ChatTransport<Message>['reconnectToStream'] = async (resumed) => {
    const { chatId, abortSignal } = resumed;
    const request = {
      url: this.#streamUrl(chatId),
      headers: () => this.#headers(resumed.headers),
      credentials: await resolve(this.#options.credentials),
    };
    return openChunks(request, {
      limits: this.#limits,
      signal: abortSignal,
      isNullWithout: true,
      // Strict mode mounts a component twice: its first resume is aborted at once, and stops nothing.
      onAbort: (isOpen) => isOpen && this.#onAbort(chatId),
    });
  };

  readonly stop = async (chatId: string): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#sendStop(chatId).catch(() => undefined);
      // The message may be on its way, and its stream not be there yet.
      const mayComeYet = response === undefined || response.status === 404 || response.status >= 500;
      if (!mayComeYet || attempt === stopAttempts - 1) return;
      await new Promise((wake) => setTimeout(wake, stopDelayMs));
    }
  };

  async #sendStop(chatId: string): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options;
    const headers = await this.#headers(undefined);
    const credentials = (await resolve(this.#options.credentials)) ?? 'same-origin';
    return fetch(this.#streamUrl(chatId), { method: 'DELETE', headers, keepalive: true, credentials });
  }

  #onAbort(chatId: string): void {
    if (this.#options.stopOnAbort !== false) void this.stop(chatId);
  }

  #streamUrl(chatId: string): string {
    const { api = '/api/chat', streamUrl } = this.#options;
    return streamUrl?.({ api, chatId }) ?? `${api}/${encodeURIComponent(chatId)}/stream`;
  }

  async #headers(own: Record<string, string> | Headers | undefined): Promise<RequestHeaders> {
    return { ...plain(await resolve(this.#options.headers)), ...plain(own) };
  }
}

const stopAttempts = 3;
const stopDelayMs = 250;

async function resolve<Value>(given: Resolvable<Value> | undefined): Promise<Value | undefined> {
  return typeof given === 'function' ? (given as () => Value | Promise<Value>)() : given;
}

function plain(headers: ConstructorParameters<typeof Headers>[0]): Record<string, string> {
  return Object.fromEntries(new Headers(headers).entries());
}

/** A value, or a function that returns it. */
export type Resolvable<Value> = Value | Promise<Value> | (() => Value | Promise<Value>);

/** Options of `createChatTransport`, named as those of the AI SDK's own transport. */
export interface ChatTransportOptions<Message extends UIMessage = UIMessage> {
  /** @defaultValue `'/api/chat'` */
  readonly api?: string | undefined;
  /**
   * Returns the address of a chat's stream, for `GET` and `DELETE`. Stands in for `prepareReconnectToStreamRequest` of the
   * AI SDK's own transport.
   * @defaultValue `{api}/{chatId}/stream`
   */
  readonly streamUrl?: ((chat: { readonly api: string; readonly chatId: string }) => string) | undefined;
  /** A function is called before each request, also to continue an answer, unless `prepareSendMessagesRequest` sets them. */
  readonly headers?: Resolvable<Record<string, string> | Headers> | undefined;
  readonly credentials?: Resolvable<'omit' | 'same-origin' | 'include'> | undefined;
  /** Sent with each message, beside the messages. */
  readonly body?: Resolvable<object> | undefined;
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined;
  /** Changes the request of a message, as in the AI SDK. */
  readonly prepareSendMessagesRequest?: PrepareSendMessagesRequest<Message> | undefined;
  /**
   * Whether an abort stops the answer on the server. `useChat` aborts for `stop()`, and when its component unmounts, and
   * nothing tells the two apart. With `false` the answer continues until `transport.stop(chatId)`.
   * @defaultValue true
   */
  readonly stopOnAbort?: boolean | undefined;
  /** The waits between requests. `false`: a lost connection ends the answer as an error. */
  readonly reconnect?: ReconnectOptions | false | undefined;
}

/** A transport for `useChat`. */
export interface ResumingChatTransport<Message extends UIMessage = UIMessage> extends ChatTransport<Message> {
  /** Stops the answer of a chat on the server; it is asked three times at most. Never rejects. */
  stop(chatId: string): Promise<void>;
}
