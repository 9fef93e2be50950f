/** Why a request did not become an event stream, or why the stream broke off. */
export type HttpStreamErrorCode =
  | 'bad-status'
  | 'not-event-stream'
  | 'empty-body'
  | 'unsupported-encoding'
  | 'invalid-body'
  | 'cross-origin-redirect'
  | 'too-many-redirects'
  | 'connect-failed'
  | 'connect-timeout'
  | 'headers-timeout'
  | 'idle-timeout'
  | 'content-idle-timeout'
  | 'total-timeout'
  | 'connection-lost'
  | 'aborted'
  | 'abandoned'
  | 'consumer-failed'
  | 'invalid-dispatcher';

/** The step at which connecting failed. */
export type ConnectPhase = 'dns' | 'tcp' | 'tls' | 'proxy';

/** The moments of a stream, in this order. `failure` ends an attempt, `end` the stream, once. */
export type HttpStreamMoment =
  | 'start'
  | 'connected'
  | 'redirect'
  | 'headers'
  | 'first-event'
  | 'failure'
  | 'retry'
  | 'end';

/** One thing that happened to a stream: sizes, places and times, none of the content. */
export interface FlightEntry {
  /** Milliseconds since the call. */
  readonly atMs: number;
  readonly attempt: number;
  readonly kind: HttpStreamMoment | 'read';
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly delayMs?: number | undefined;
  /** Of a read: its offset in the decoded body, its size, its events, and whether it ended inside an event. */
  readonly offset?: number | undefined;
  readonly bytes?: number | undefined;
  readonly events?: number | undefined;
  readonly open?: boolean | undefined;
}

/** The recording of a stream until its failure. */
export interface FlightRecording {
  readonly entries: readonly FlightEntry[];
  /** Older reads that are not in `entries`. */
  readonly omittedReads: number;
  /** The last 512 bytes of the response body as text, credentials redacted. Only if payloads were asked for. */
  readonly lastText?: string | undefined;
}

/** The facts of a failure. None of them holds a request header or a request body. */
export interface HttpStreamErrorFacts {
  /** `METHOD origin/path`: without the query, which may hold a key. */
  readonly request: string;
  readonly status?: number | undefined;
  /** The response's headers, lower-case names, without cookies; the request's credentials redacted. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A body that is no event stream, up to 1 MiB of it, with the request's credentials redacted. */
  readonly bodyText?: string | undefined;
  /** The limit that was passed. */
  readonly timeoutMs?: number | undefined;
  /** The wait that the server asked for with `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** The step of connecting that failed, if it is known. */
  readonly connectPhase?: ConnectPhase | undefined;
  /**
   * The connection had carried another response before, and was lost before the first byte of this one: most likely the
   * server had just closed it, and has not seen the request. `false` if it is not known.
   */
  readonly reusedConnection?: boolean | undefined;
  /** Attempts made, this one included. */
  readonly attempts?: number | undefined;
  /** Events and bytes received before the failure. */
  readonly eventsCount?: number | undefined;
  readonly bytesCount?: number | undefined;
  /**
   * The stream broke inside an event that was not handed out: after the beginning of a field, say. An `unterminated`
   * event that was handed out before the error does not count: whether it is whole is for the consumer to judge.
   * @defaultValue false
   */
  readonly isInsideEvent?: boolean | undefined;
  readonly cause?: unknown;
  readonly recording?: FlightRecording | undefined;
  /** The last bytes of the body as text, for `recording({ payloads: true })`. */
  readonly lastText?: (() => string) | undefined;
}

/** The most of a body in `bodyExcerpt`, in UTF-16 units. */
const maxExcerptLength = 16 * 1024;

/** Every failure of this layer. Recognise it by `name` and `code`, so that two copies of the package can meet. */
export class HttpStreamError extends Error {
  override readonly name = 'HttpStreamError';
  readonly code: HttpStreamErrorCode;
  /**
   * Whether the same request may succeed if it is sent again soon: the connection was not made or was lost, or the
   * status is 408, 429, 500, 502, 503 or 504, or the body was empty. A certificate or TLS protocol error is not transient, and neither is a
   * timeout after the request was sent: the model may be thinking, and a second request is billed again.
   */
  readonly transient: boolean;
  readonly request: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The first 16 KiB of a body that is no event stream, with the request's credentials redacted. Not enumerable. */
  declare readonly bodyExcerpt: string | undefined;
  /** The same body, up to 1 MiB of it. Not enumerable. */
  declare readonly bodyText: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly connectPhase: ConnectPhase | undefined;
  readonly reusedConnection: boolean;
  readonly attempts: number;
  readonly eventsCount: number;
  readonly bytesCount: number;
  readonly isInsideEvent: boolean;
  /** The recording for people, one line an entry: what came when, and how much. */
  readonly flight: readonly string[];
  readonly #recording: FlightRecording;
  readonly #lastText: (() => string) | undefined;

  constructor(code: HttpStreamErrorCode, message: string, facts: HttpStreamErrorFacts) {
    super(`${facts.request}: ${message}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.transient = isTransient(code, facts);
    this.request = facts.request;
    this.status = facts.status;
    this.headers = facts.headers;
    this.timeoutMs = facts.timeoutMs;
    this.retryAfterMs = facts.retryAfterMs;
    this.connectPhase = facts.connectPhase;
    this.reusedConnection = facts.reusedConnection ?? false;
    this.attempts = facts.attempts ?? 0;
    this.eventsCount = facts.eventsCount ?? 0;
    this.bytesCount = facts.bytesCount ?? 0;
    this.isInsideEvent = facts.isInsideEvent ?? false;
    this.#recording = facts.recording ?? { entries: [], omittedReads: 0 };
    this.#lastText = facts.lastText;
    this.flight = describeFlight(this.#recording);
    // A body may repeat what the prompt said: there for code that asks for it, not for every log line.
    const bodyExcerpt = facts.bodyText?.slice(0, maxExcerptLength);
    Object.defineProperty(this, 'bodyExcerpt', { value: bodyExcerpt, enumerable: false });
    Object.defineProperty(this, 'bodyText', { value: facts.bodyText, enumerable: false });
  }

  /**
   * Returns the recording until the failure: offsets, sizes, kinds, times, attempts. With `payloads` also the last
   * 512 bytes of the response body as text, which may repeat the prompt: it is never shown or serialised by itself.
   */
  recording({ payloads = false }: { readonly payloads?: boolean | undefined } = {}): FlightRecording {
    const recording = { ...this.#recording };
    if (payloads) {
      Object.defineProperty(recording, 'lastText', { value: this.#lastText?.() ?? '', enumerable: false });
    }
    return recording;
  }
}

const transientStatuses: ReadonlySet<number | undefined> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether a request that was refused with this HTTP status may succeed if it is sent again soon. */
export function isTransientStatus(status: number | undefined): boolean {
  return transientStatuses.has(status);
}

function isTransient(code: HttpStreamErrorCode, { status, cause }: HttpStreamErrorFacts): boolean {
  if (code === 'bad-status') return isTransientStatus(status);
  // A certificate does not become valid within seconds.
  if (code === 'connect-failed') return !isTlsRefusal(cause);
  return code === 'connect-timeout' || code === 'connection-lost' || code === 'empty-body';
}

// Node's own codes, those of OpenSSL, and the names of X509_verify_cert_error_string that Node uses as codes.
const tlsRefusal =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERROR_IN_C|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;

/** Whether an error says that TLS refused the other side: its certificate, or its protocol. A reset is no such error. */
export function isTlsRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && tlsRefusal.test(code)) || isTlsRefusal(error.cause);
}

const maxLines = 24;

/** A recording as lines for people: the last 24 entries, as in `+812.4 ms #1 read 645 bytes at 2580, 1 event`. */
function describeFlight({ entries, omittedReads }: FlightRecording): string[] {
  const shown = entries.slice(-maxLines).map(describeEntry);
  const omitted = entries.length - shown.length + omittedReads;
  return omitted === 0 ? shown : [`(${omitted} earlier entries)`, ...shown];
}

function describeEntry(entry: FlightEntry): string {
  const start = `+${entry.atMs.toFixed(1)} ms #${entry.attempt} ${entry.kind}`;
  if (entry.kind === 'read') {
    const events = entry.events === 1 ? '1 event' : `${entry.events ?? 0} events`;
    return `${start} ${entry.bytes ?? 0} bytes at ${entry.offset ?? 0}, ${events}${entry.open ? ', open' : ''}`;
  }
  const facts = [
    entry.status,
    entry.code,
    entry.delayMs === undefined ? undefined : `in ${Math.round(entry.delayMs)} ms`,
  ];
  return [start, ...facts.filter((fact) => fact !== undefined)].join(' ');
}
