/** How a recorded exchange ended. */
export type ExchangeEnd =
  /** As HTTP says. */
  | 'complete'
  /** The server closed the connection before the body was whole. */
  | 'cut'
  /** The server reset the connection. */
  | 'reset'
  /** The client left; what the server would have sent is not known. */
  | 'client-left'
  /** There was no response at all. */
  | 'no-response';

/** Some bytes of a body with the time they came, in milliseconds since the request. */
export interface RecordedChunk {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** One request and what came back. */
export interface Exchange {
  readonly method: string;
  /** Path and query, without credentials and without the emulator's own prefixes. */
  readonly path: string;
  /** Without credentials. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: Uint8Array;
  /** `undefined` where there was no response. */
  readonly response?:
    | { readonly atMs: number; readonly status: number; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  readonly chunks: readonly RecordedChunk[];
  readonly end: { readonly atMs: number; readonly how: ExchangeEnd };
}

/** What a cassette file holds, in the order in which the exchanges ended. */
export interface Cassette {
  readonly exchanges: readonly Exchange[];
}
