import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Sees which connection each request of this process goes over. */
export interface ConnectionWatch extends Disposable {
  /** Whether the last request for this URL went over one that had carried another; `undefined` where there was none. */
  wasReused(url: URL): boolean | undefined;
}

/** What the HTTP client publishes when it writes the head of a request. */
interface SentHead {
  readonly request: { readonly origin: string | URL; readonly path: string; readonly method: string };
  readonly socket: Socket;
}

const channelName = 'undici:client:sendHeaders';

/** Watches until it is disposed of. What a request says is not looked at. */
export function watchConnections(): ConnectionWatch {
  const used = new WeakSet<Socket>();
  const last = new Map<string, boolean>();
  const onSent = (message: unknown): void => {
    const { request, socket } = message as SentHead;
    // Not the tunnel through a proxy: that is no request of ours.
    if (request.method === 'CONNECT') return;
    // A proxy for plain http is asked for the whole URL.
    const address = request.path.startsWith('/') ? `${String(request.origin)}${request.path}` : request.path;
    last.set(address, used.has(socket));
    used.add(socket);
  };
  subscribe(channelName, onSent);
  return {
    wasReused: (url) => last.get(url.origin + url.pathname + url.search),
    [Symbol.dispose]: () => void unsubscribe(channelName, onSent),
  };
}
