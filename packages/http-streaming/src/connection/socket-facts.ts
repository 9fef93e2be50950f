import type { Socket } from 'node:net';

const bytesReadAt = new WeakMap<object, number>();

/** Remembers with each error of this socket how much had been read from it: Node's own errors do not say. */
export function watchSocket(socket: Socket): void {
  socket.on('error', rememberBytesRead);
}

// One function for all sockets: each has its own `this`.
function rememberBytesRead(this: Socket, error: object): void {
  bytesReadAt.set(error, this.bytesRead);
}

/**
 * Whether an error that came before any byte of a response hit a connection that had carried another response. From
 * undici's own error, or from a socket that is watched; `false` where neither tells.
 */
export function isReusedConnection(error: Error): boolean {
  const { socket } = error as { socket?: { bytesRead?: unknown } | null };
  const bytesRead = bytesReadAt.get(error) ?? socket?.bytesRead;
  return typeof bytesRead === 'number' && bytesRead > 0;
}
