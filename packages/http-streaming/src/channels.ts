import { channel, type Channel } from 'node:diagnostics_channel';

/** What happens to a stream, in this order as far as it gets. `failure` ends an attempt, `end` the stream, once. */
export type HttpStreamMoment =
  | 'start'
  | 'connected'
  | 'redirect'
  | 'headers'
  | 'first-event'
  | 'failure'
  | 'retry'
  | 'end';

/** A message of the channel `gemini:http:<moment>`: counts and times, never what was sent or said. */
export interface HttpStreamMessage {
  /** Tells the streams of this process apart. */
  readonly streamId: number;
  /** `METHOD origin/path`, without the query. */
  readonly request: string;
  readonly moment: HttpStreamMoment;
  readonly attempt: number;
  /** Milliseconds since the call. */
  readonly atMs: number;
  readonly status?: number | undefined;
  /** Why it failed. */
  readonly code?: string | undefined;
  /** The wait before another attempt. */
  readonly delayMs?: number | undefined;
  readonly bytesCount?: number | undefined;
  readonly eventsCount?: number | undefined;
}

const moments: readonly HttpStreamMoment[] = [
  'start',
  'connected',
  'redirect',
  'headers',
  'first-event',
  'failure',
  'retry',
  'end',
];
const channels = new Map<HttpStreamMoment, Channel>(
  moments.map((moment) => [moment, channel(`gemini:http:${moment}`)]),
);
let streams = 0;

/** A number for a new stream. */
export function nextStreamId(): number {
  streams += 1;
  return streams;
}

/** Publishes a message where somebody listens; it is not even made where nobody does. */
export function publishMoment(moment: HttpStreamMoment, message: () => HttpStreamMessage): void {
  const target = channels.get(moment);
  if (target?.hasSubscribers) target.publish(message());
}
