/** One action of the server after it has read a request. The end of the steps is a clean end of the body. */
export type WireStep =
  /** Send the status line and the headers now. Without it they leave with the first write. */
  | { readonly type: 'head' }
  /** More headers, before the first of them has left. */
  | { readonly type: 'headers'; readonly headers: Readonly<Record<string, string>> }
  /** One write of body bytes. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Send nothing for this long. */
  | { readonly type: 'wait'; readonly ms: number }
  /** Send nothing more until the client leaves. */
  | { readonly type: 'hang' }
  /** Reset the connection (TCP RST; RST_STREAM on HTTP/2). */
  | { readonly type: 'reset' }
  /** Close the connection without ending the body. */
  | { readonly type: 'close' }
  /** Bytes straight to the socket, past HTTP's framing (HTTP/1 only). */
  | { readonly type: 'socket-write'; readonly bytes: Uint8Array };

/** The steps of a body, created while they are played: a body may be endless. */
export type WireSteps = Iterable<WireStep> | AsyncIterable<WireStep>;

/** The answer to one request on the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `close`: neither length nor chunks, the end of the connection is the end of the body. @defaultValue 'chunked' */
  readonly framing?: 'chunked' | 'close' | undefined;
  readonly body: WireSteps;
}

const encoder = new TextEncoder();

/** Returns a step that writes this text as UTF-8. */
export function writeText(text: string): WireStep {
  return { type: 'write', bytes: encoder.encode(text) };
}

/** Returns a reply of JSON text with its length, as the API sends unary answers. */
export function jsonReply(status: number, text: string): Reply {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'content-length': `${Buffer.byteLength(text)}`,
      'x-content-type-options': 'nosniff',
    },
    body: [writeText(text)],
  };
}
