import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One thing that a server does on its connection. `write` is framed as a chunk of HTTP; `raw` is not. */
export type Step =
  | { readonly type: 'write' | 'raw'; readonly bytes: string | Uint8Array }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'until'; readonly promise: Promise<void> }
  | { readonly type: 'end' | 'close' | 'reset' | 'hang' };

/** One response. */
export interface ModelReply {
  /** @defaultValue 200 */
  readonly status?: number | undefined;
  /** @defaultValue an event stream. `null` leaves the content type out. */
  readonly contentType?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @defaultValue 'chunked' */
  readonly framing?: 'chunked' | 'close' | { readonly length: number } | undefined;
  /** The server waits before it answers; `Infinity` never does. */
  readonly beforeHeadersMs?: number | undefined;
  readonly steps: Iterable<Step>;
}

/** One request that a server has received. */
export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** When the client closed the connection, or the server did. */
  closedAtMs: number | undefined;
}

/** A server on loopback that gives out replies, one a request; the last one again and again. */
export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ModelRequest[];
}

const nowMs = (): number => performance.timeOrigin + performance.now();

/** Starts a server. `replies` may depend on the address of the server and on the request. */
export async function serveModel(
  replies: readonly ModelReply[] | ((url: string, request: ModelRequest) => readonly ModelReply[]),
): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const sockets = new Set<Socket>();
  let url = '';
  const answer = async (socket: Socket, request: ModelRequest): Promise<void> => {
    const list = typeof replies === 'function' ? replies(url, request) : replies;
    const reply = list[Math.min(requests.length, list.length) - 1];
    if (reply !== undefined) await play(socket, reply);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    let current: ModelRequest | undefined;
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (current !== undefined) current.closedAtMs ??= nowMs();
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const request = parseRequest(received);
      if (request === undefined) return;
      received = Buffer.alloc(0);
      current = request;
      requests.push(request);
      void answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function parseRequest(bytes: Buffer): ModelRequest | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = bytes.subarray(end + 4);
  const length = Number(headers['content-length'] ?? 0);
  const isChunked = headers['transfer-encoding'] === 'chunked';
  if (isChunked ? !body.toString('latin1').endsWith('0\r\n\r\n') : body.length < length) return undefined;
  return { method, path, headers, body: body.toString(), atMs: nowMs(), closedAtMs: undefined };
}

async function play(socket: Socket, reply: ModelReply): Promise<void> {
  const {
    status = 200,
    contentType = 'text/event-stream',
    headers = {},
    framing = 'chunked',
    beforeHeadersMs = 0,
  } = reply;
  if (beforeHeadersMs === Infinity) return;
  if (beforeHeadersMs > 0) await sleep(beforeHeadersMs);
  const isChunked = framing === 'chunked';
  const framed: Record<string, string> =
    typeof framing === 'object'
      ? { 'content-length': `${framing.length}` }
      : isChunked
        ? { 'transfer-encoding': 'chunked' }
        : { connection: 'close' };
  const all = { ...(contentType === null ? {} : { 'content-type': contentType }), ...framed, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // A status without a body has no framing either.
  const isBodyless = status === 204 || status === 304;
  const head = isBodyless ? lines.filter((line) => !/^(?:transfer|content)-/.test(line)) : lines;
  socket.write(`HTTP/1.1 ${status} Status\r\n${head.join('')}\r\n`);
  if (isBodyless) return;
  for (const step of reply.steps) {
    if (socket.destroyed) return;
    if (step.type === 'wait') await sleep(step.ms);
    else if (step.type === 'until') await step.promise;
    else if (step.type === 'write') await write(socket, step.bytes, isChunked);
    else if (step.type === 'raw') socket.write(step.bytes);
    else if (step.type === 'hang') return;
    else if (step.type === 'reset') return void socket.resetAndDestroy();
    else if (step.type === 'close' || framing === 'close') return void socket.end();
    else if (isChunked) return void socket.write('0\r\n\r\n');
    else return;
  }
}

async function write(socket: Socket, given: string | Uint8Array, isChunked: boolean): Promise<void> {
  const bytes = Buffer.from(given);
  if (bytes.length === 0) return;
  const framed = isChunked
    ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
    : bytes;
  if (socket.write(framed)) return;
  // Until the client reads, or leaves.
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}
