/** Why a request did not become an event stream, or why the stream broke off. */
export type HttpStreamErrorCode =
  | 'bad-status'
  | 'not-event-stream'
  | 'unsupported-encoding'
  | 'invalid-body'
  | 'connect-failed'
  | 'connect-timeout'
  | 'headers-timeout'
  | 'idle-timeout'
  | 'connection-lost'
  | 'aborted'
  | 'abandoned'
  | 'consumer-failed'
  | 'invalid-dispatcher';

/** The facts of a failure. None of them holds a request header or a request body. */
export interface HttpStreamErrorFacts {
  /** `METHOD origin/path`: without the query, which may hold a key. */
  readonly request: string;
  readonly status?: number | undefined;
  /** The response's headers, lower-case names, without cookies. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The first 16 KiB of a body that is no event stream, with the request's credentials blotted out. */
  readonly bodyExcerpt?: string | undefined;
  /** The limit that was passed. */
  readonly timeoutMs?: number | undefined;
  /** What had come before the failure. */
  readonly eventsCount?: number | undefined;
  readonly bytesCount?: number | undefined;
  readonly cause?: unknown;
}

/** Every failure of this layer. Recognise it by `name` and `code`, so that two copies of the package can meet. */
export class HttpStreamError extends Error {
  override readonly name = 'HttpStreamError';
  readonly code: HttpStreamErrorCode;
  readonly request: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly bodyExcerpt: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly eventsCount: number;
  readonly bytesCount: number;

  constructor(code: HttpStreamErrorCode, message: string, facts: HttpStreamErrorFacts) {
    super(`${facts.request}: ${message}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.request = facts.request;
    this.status = facts.status;
    this.headers = facts.headers;
    this.timeoutMs = facts.timeoutMs;
    this.eventsCount = facts.eventsCount ?? 0;
    this.bytesCount = facts.bytesCount ?? 0;
    // A body may repeat what the prompt said: there for code that asks for it, not for every log line.
    Object.defineProperty(this, 'bodyExcerpt', { value: facts.bodyExcerpt, enumerable: false });
  }
}
