/** One action of the server after it has read a request. After the last step the body ends cleanly. */
export type WireStep =
  /** Sends the status line and the headers now. By default the first write sends them. */
  | { readonly type: 'head' }
  /** Adds headers before the headers are sent. */
  | { readonly type: 'headers'; readonly headers: Readonly<Record<string, string>> }
  /** Writes bytes of the body. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Sends nothing for this time. */
  | { readonly type: 'wait'; readonly ms: number }
  /** Sends nothing more until the client leaves. */
  | { readonly type: 'hang' }
  /** Resets the connection (TCP RST; RST_STREAM on HTTP/2). */
  | { readonly type: 'reset' }
  /** Closes the connection without ending the body. */
  | { readonly type: 'close' }
  /** Writes bytes directly to the socket, without HTTP's framing (HTTP/1 only). */
  | { readonly type: 'socket-write'; readonly bytes: Uint8Array };

/** The steps of a body. They are created while they are played, because a body may be endless. */
export type WireSteps = Iterable<WireStep> | AsyncIterable<WireStep>;

/** The HTTP response to one request. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `close` sends neither a length nor chunked encoding: the end of the connection is the end of the body. @defaultValue 'chunked' */
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
