import type { BodyReader } from '../body/body-reader.ts';
import { describeRequest, type OutgoingRequest } from '../exchange/outgoing-request.ts';
import { nextStreamId, publishMoment, type HttpStreamMoment } from '../channels.ts';

/** One thing that happened to a stream: sizes, places and times, none of the content. */
export interface FlightEntry {
  /** Milliseconds since the call. */
  readonly atMs: number;
  readonly attempt: number;
  readonly kind: HttpStreamMoment | 'read';
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly delayMs?: number | undefined;
  /** Of a read: where in the decoded body it begins, what it held, and whether it ended inside an event. */
  readonly offset?: number | undefined;
  readonly bytes?: number | undefined;
  readonly events?: number | undefined;
  readonly open?: boolean | undefined;
}

/** What was recorded of a stream until its failure. */
export interface FlightRecording {
  readonly entries: readonly FlightEntry[];
  /** Older reads that are not in `entries`. */
  readonly omittedReads: number;
  /** The last 512 bytes of the response body as text, credentials blotted out. Only where payloads were asked for. */
  readonly lastText?: string | undefined;
}

/** Writes down what happens to one stream, and tells it to the diagnostics channels. */
export interface FlightRecorder {
  note(moment: HttpStreamMoment, attempt: number, facts?: MomentFacts): void;
  /** The recording so far: a copy of the figures, which the stream no longer changes. */
  take(attempt: number, startedMs: number, body: RecordedBody | undefined): FlightRecording;
}

type RecordedBody = Pick<BodyReader, 'arrivals' | 'counts'>;

interface MomentFacts {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly delayMs?: number | undefined;
  readonly bytesCount?: number | undefined;
  readonly eventsCount?: number | undefined;
}

const maxMoments = 64;
const maxReads = 64;

class Recorder implements FlightRecorder {
  readonly #streamId = nextStreamId();
  readonly #request: OutgoingRequest;
  readonly #elapsedMs: () => number;
  #moments: readonly FlightEntry[] = [];

  constructor(request: OutgoingRequest, elapsedMs: () => number) {
    this.#request = request;
    this.#elapsedMs = elapsedMs;
  }
  note(moment: HttpStreamMoment, attempt: number, facts?: MomentFacts): void {
    const atMs = this.#elapsedMs();
    const entry = { atMs, attempt, kind: moment };
    // A copy, because there are four as a rule, and an array that grows makes room for seventeen.
    this.#moments = [...this.#moments, facts === undefined ? entry : withFacts(entry, facts)].slice(-maxMoments);
    publishMoment(moment, () => ({
      streamId: this.#streamId,
      request: describeRequest(this.#request),
      moment,
      attempt,
      atMs,
      ...facts,
    }));
  }
  take(attempt: number, startedMs: number, body: RecordedBody | undefined): FlightRecording {
    const reads = body === undefined ? [] : readEntries(attempt, startedMs, body);
    return {
      entries: [...this.#moments, ...reads].toSorted((left, right) => left.atMs - right.atMs),
      omittedReads: (body?.arrivals.count() ?? 0) - reads.length,
    };
  }
}

/** Keeps the last 64 moments of one stream; the reads are in the arrivals already, of which it takes the last 64. */
export function createFlightRecorder(request: OutgoingRequest, elapsedMs: () => number): FlightRecorder {
  return new Recorder(request, elapsedMs);
}

function withFacts(entry: FlightEntry, { status, code, delayMs }: MomentFacts): FlightEntry {
  return { ...entry, status, code, delayMs };
}

function readEntries(attempt: number, startedMs: number, { arrivals, counts }: RecordedBody): FlightEntry[] {
  const reads = arrivals.list(maxReads);
  let offset = counts.decodedBytes - reads.reduce((sum, read) => sum + read.bytes, 0);
  return reads.map(({ atMs, bytes, events, open }) => {
    const entry: FlightEntry = { atMs: startedMs + atMs, attempt, kind: 'read', offset, bytes, events, open };
    offset += bytes;
    return entry;
  });
}
