import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** The connection that a request was written to. */
export interface ConnectionFacts {
  /** It had carried an earlier request. */
  readonly isReused: boolean;
  readonly remoteAddress: string | undefined;
}

/** Sees which connection each request of this process goes over. */
export interface ConnectionWatch extends Disposable {
  /** Of the last request for this URL. */
  last(url: URL): ConnectionFacts | undefined;
}

/** What the HTTP client publishes when it writes the head of a request. */
interface SentHead {
  readonly request: { readonly origin?: string | URL; readonly path: string; readonly method: string };
  readonly socket: Socket;
}

const channelName = 'undici:client:sendHeaders';

/** Watches until it is disposed of. What a request says is not looked at. */
export function watchConnections(): ConnectionWatch {
  const used = new WeakSet<Socket>();
  const last = new Map<string, ConnectionFacts>();
  const onSent = (message: unknown): void => {
    const { request, socket } = message as SentHead;
    // Not the tunnel through a proxy: that is no request of ours.
    if (request.method === 'CONNECT') return;
    last.set(request.path, { isReused: used.has(socket), remoteAddress: socket.remoteAddress });
    used.add(socket);
  };
  subscribe(channelName, onSent);
  return {
    // A proxy for plain http is asked for the whole URL.
    last: (url) => last.get(url.pathname + url.search) ?? last.get(url.href),
    [Symbol.dispose]: () => void unsubscribe(channelName, onSent),
  };
}
