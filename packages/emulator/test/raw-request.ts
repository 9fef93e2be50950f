import { connect } from 'node:net';

/** One response, as a bare socket received it. */
export interface RawResponse {
  /** Everything that arrived, header and body, as it stood on the wire. */
  readonly bytes: Buffer;
  readonly head: string;
  readonly status: number;
  /** The body with HTTP's chunk framing taken off, where it had one. */
  readonly body: string;
  /** The same as bytes. */
  readonly rawBody: Buffer;
  /** The sizes of the body's HTTP chunks. */
  readonly chunks: readonly string[];
  /** How the connection ended. */
  readonly end: 'closed' | 'reset' | 'left';
}

/** Sends a request over a bare socket and reads until the connection ends, or `until` returns true. */
export function rawRequest(
  url: string,
  path: string,
  {
    body,
    headers = {},
    method = 'POST',
    until,
    leave,
  }: {
    body?: string | undefined;
    headers?: Readonly<Record<string, string>>;
    method?: string;
    until?: ((seen: string) => boolean) | undefined;
    /** The client leaves when this resolves. */
    leave?: Promise<unknown> | undefined;
  } = {},
): Promise<RawResponse> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const finish = (end: RawResponse['end']): void => resolve(readResponse(Buffer.concat(received), end));
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true }, () => {
      const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
      const lines = Object.entries({ host, connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body ?? ''}`);
    });
    socket.on('data', (bytes) => {
      received.push(bytes);
      if (until?.(Buffer.concat(received).toString('utf8')) === true) {
        socket.destroy();
        finish('left');
      }
    });
    void leave?.then(() => {
      socket.destroy();
      finish('left');
    });
    // Node 22 reports a reset that arrives together with data as an end. Only then a write fails at once.
    socket.once('end', () => socket.end('\r\n', (error?: Error | null) => finish(error ? 'reset' : 'closed')));
    socket.once('error', () => finish('reset'));
  });
}

function readResponse(bytes: Buffer, end: RawResponse['end']): RawResponse {
  const at = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, at === -1 ? bytes.length : at).toString('latin1');
  const raw = at === -1 ? Buffer.alloc(0) : bytes.subarray(at + 4);
  const chunks = /transfer-encoding: chunked/iu.test(head) ? readChunks(raw) : [raw];
  return {
    bytes,
    head,
    status: Number(/^HTTP\/1\.1 (\d{3})/u.exec(head)?.[1] ?? 0),
    body: Buffer.concat(chunks).toString('utf8'),
    rawBody: Buffer.concat(chunks),
    chunks: chunks.map((chunk) => chunk.toString('utf8')),
    end,
  };
}

function readChunks(raw: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < raw.length;) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.subarray(at, lineEnd).toString('latin1'), 16);
    if (lineEnd === -1 || !(size > 0)) break;
    chunks.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return chunks;
}

/** The path for a stream of server-sent events. */
export const streamPath = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';

/** Returns a request body with this prompt. */
export function ask(text: string): string {
  return JSON.stringify({ contents: [{ role: 'user', parts: [{ text }] }] });
}
