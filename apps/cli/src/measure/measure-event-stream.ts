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

/** The HTTP response of a measured stream. */
export interface MeasuredResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyEnd: StreamTiming['bodyEnd'];
  /** Milliseconds since the request. */
  readonly headersMs: number | undefined;
  /** The connection of the request; `undefined` for a refusal. */
  readonly connection: StreamTiming['connection'];
}

/** A stream measured at the transport, with its HTTP response. */
export interface MeasuredExchange extends MeasuredRun {
  /** `undefined` without a response. */
  readonly response: MeasuredResponse | undefined;
}

/** The limits at which a measurement leaves its stream. */
export interface MeasureLimits {
  readonly maxEvents?: number | undefined;
  readonly maxMs?: number | undefined;
}

/**
 * Measures any event stream with one attempt. Leaves it, as `stopped`, at a limit or when the signal aborts. A failure is
 * in the run's end.
 * @throws TypeError for an invalid request
 */
export async function measureEventStream(
  request: EventStreamRequest,
  { maxEvents = Infinity, maxMs }: MeasureLimits = {},
  options: EventStreamOptions = {},
): Promise<MeasuredExchange> {
  const startedAt = nowMs();
  const events: MeasuredEvent[] = [];
  const leaveSignal = AbortSignal.any(
    [request.signal, maxMs === undefined ? undefined : AbortSignal.timeout(maxMs)].filter(isGiven),
  );
  let stream: EventStream | undefined;
  let refusal: HttpStreamError | undefined;
  let end: RunEnd = { status: 'completed' };
  try {
    stream = await openEventStream({ ...request, signal: leaveSignal }, { ...options, retry: false });
    for await (const { data, unterminated } of stream) {
      const arrivedMs = nowMs() - startedAt;
      events.push({ arrivedMs, shownMs: arrivedMs, bytes: Buffer.byteLength(data), text: eventText(data) });
      const message = eventError(data);
      if (message !== undefined) end = { status: 'failed', error: { code: 'api-error', message } };
      if (unterminated === true) end = { status: 'truncated' };
      if (events.length >= maxEvents) {
        end = { status: 'stopped' };
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof HttpStreamError)) throw error;
    refusal = error;
    end = leaveSignal.aborted ? { status: 'stopped' } : failure(error);
  }
  const endedMs = nowMs() - startedAt;
  const verdict = stream?.verdict() ?? classifyDelivery([]);
  return { startedAt, endedMs, events, verdict, end, response: responseOf(stream, refusal) };
}

function isGiven(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal !== undefined;
}

function failure({ code, message, status, bodyExcerpt = '' }: HttpStreamError): RunEnd {
  const reported = eventError(bodyExcerpt);
  return {
    status: 'failed',
    error: { code, message: reported === undefined ? message : `${message}: ${reported}`, status },
  };
}

function responseOf(
  stream: EventStream | undefined,
  refusal: HttpStreamError | undefined,
): MeasuredResponse | undefined {
  if (stream !== undefined) {
    const { bodyEnd, headersMs, connection } = stream.timing;
    return { status: stream.status, headers: stream.headers, bodyEnd, headersMs, connection };
  }
  if (refusal?.status === undefined) return undefined;
  const { status, headers = {} } = refusal;
  return { status, headers, bodyEnd: undefined, headersMs: undefined, connection: undefined };
}
