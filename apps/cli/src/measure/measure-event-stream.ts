import {
  type EventStream,
  type EventStreamOptions,
  type EventStreamRequest,
  HttpStreamError,
  type StreamTiming,
  classifyDelivery,
  openEventStream,
} from '@gemini/http-streaming';
import { type MeasuredEvent, type MeasuredRun, type RunEnd, eventError, eventText, nowMs } from './measured-run.ts';

/** What came back over HTTP. */
export interface MeasuredResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyEnd: StreamTiming['bodyEnd'];
  /** Milliseconds since the request. */
  readonly headersMs: number | undefined;
}

/** A stream measured at the transport: with what HTTP said of it. */
export interface MeasuredExchange extends MeasuredRun {
  /** Undefined where no response came. */
  readonly response: MeasuredResponse | undefined;
}

/** When to leave a stream that goes on. */
export interface MeasureLimits {
  readonly mostEvents?: number | undefined;
  readonly mostMs?: number | undefined;
}

/**
 * Measures any event stream, with one attempt. Leaves it where a limit is met or the signal aborts, as `stopped`. A
 * failure is in the run's end; only misuse throws, as a `TypeError`.
 */
export async function measureEventStream(
  request: EventStreamRequest,
  { mostEvents = Infinity, mostMs }: MeasureLimits = {},
  options: EventStreamOptions = {},
): Promise<MeasuredExchange> {
  const startedAt = nowMs();
  const events: MeasuredEvent[] = [];
  const leave = AbortSignal.any(
    [request.signal, mostMs === undefined ? undefined : AbortSignal.timeout(mostMs)].filter(isGiven),
  );
  let stream: EventStream | undefined;
  let refusal: HttpStreamError | undefined;
  let end: RunEnd = { status: 'completed' };
  try {
    stream = await openEventStream({ ...request, signal: leave }, { ...options, retry: false });
    for await (const { data, unterminated } of stream) {
      const arrivedMs = nowMs() - startedAt;
      events.push({ arrivedMs, shownMs: arrivedMs, bytes: Buffer.byteLength(data), text: eventText(data) });
      const message = eventError(data);
      if (message !== undefined) end = { status: 'failed', error: { code: 'api-error', message } };
      if (unterminated === true) end = { status: 'truncated' };
      if (events.length >= mostEvents) {
        end = { status: 'stopped' };
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof HttpStreamError)) throw error;
    refusal = error;
    end = leave.aborted ? { status: 'stopped' } : failure(error);
  }
  const endedMs = nowMs() - startedAt;
  const verdict = stream?.verdict() ?? classifyDelivery([]);
  return { startedAt, endedMs, events, verdict, end, response: responseOf(stream, refusal) };
}

function isGiven(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal !== undefined;
}

function failure({ code, message, status, bodyExcerpt = '' }: HttpStreamError): RunEnd {
  const said = eventError(bodyExcerpt);
  return { status: 'failed', error: { code, message: said === undefined ? message : `${message}: ${said}`, status } };
}

function responseOf(
  stream: EventStream | undefined,
  refusal: HttpStreamError | undefined,
): MeasuredResponse | undefined {
  if (stream !== undefined) {
    const { bodyEnd, headersMs } = stream.timing;
    return { status: stream.status, headers: stream.headers, bodyEnd, headersMs };
  }
  if (refusal?.status === undefined) return undefined;
  return { status: refusal.status, headers: refusal.headers ?? {}, bodyEnd: undefined, headersMs: undefined };
}
