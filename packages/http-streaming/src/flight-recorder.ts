import { channel, type Channel } from 'node:diagnostics_channel';
import type { Arrivals } from './arrivals.ts';
import type { FlightEntry, FlightRecording, HttpStreamMoment } from './errors.ts';
import { describeRequest, type OutgoingRequest } from './request.ts';
import type { HttpStreamMessage } from './types.ts';

/** The facts of a moment, beside the moment itself. */
type MomentFacts = Pick<HttpStreamMessage, 'status' | 'code' | 'delayMs' | 'bytesCount' | 'eventsCount'>;

/** The figures of a body that a recording takes. */
interface RecordedBody {
  readonly arrivals: Arrivals;
  readonly decodedBytesCount: number;
}

const maxMoments = 64;
const maxReads = 64;

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
let streamsCount = 0;

/**
 * Records the last 64 moments of one stream and publishes each to its diagnostics channel. The reads are in the
 * arrivals already, of which a recording takes the last 64.
 */
export class FlightRecorder {
  readonly #streamId = (streamsCount += 1);
  readonly #request: OutgoingRequest;
  readonly #elapsedMs: () => number;
  #moments: readonly FlightEntry[] = [];

  constructor(request: OutgoingRequest, elapsedMs: () => number) {
    this.#request = request;
    this.#elapsedMs = elapsedMs;
  }

  note(moment: HttpStreamMoment, attempt: number, facts?: MomentFacts): void {
    const atMs = this.#elapsedMs();
    const entry: FlightEntry =
      facts === undefined
        ? { atMs, attempt, kind: moment }
        : { atMs, attempt, kind: moment, status: facts.status, code: facts.code, delayMs: facts.delayMs };
    // A copy, because there are four as a rule, and an array that grows makes room for seventeen.
    this.#moments = this.#moments.concat(entry);
    if (this.#moments.length > maxMoments) this.#moments = this.#moments.slice(-maxMoments);
    const target = channels.get(moment);
    if (!target?.hasSubscribers) return;
    const request = describeRequest(this.#request);
    const message: HttpStreamMessage = { streamId: this.#streamId, request, moment, attempt, atMs, ...facts };
    target.publish(message);
  }

  /** Returns the recording so far: a copy of the figures, which the stream no longer changes. */
  take(attempt: number, startedMs: number, body: RecordedBody | undefined): FlightRecording {
    const reads = body === undefined ? [] : readEntries(attempt, startedMs, body);
    return {
      entries: [...this.#moments, ...reads].toSorted((left, right) => left.atMs - right.atMs),
      omittedReads: (body?.arrivals.count() ?? 0) - reads.length,
    };
  }
}

function readEntries(attempt: number, startedMs: number, { arrivals, decodedBytesCount }: RecordedBody): FlightEntry[] {
  const reads = arrivals.list(maxReads);
  let offset = decodedBytesCount - reads.reduce((sum, read) => sum + read.bytes, 0);
  return reads.map(({ atMs, bytes, events, open }) => {
    const entry: FlightEntry = { atMs: startedMs + atMs, attempt, kind: 'read', offset, bytes, events, open };
    offset += bytes;
    return entry;
  });
}

/** The last bytes of a body, at most `size`. They are copied: a piece of a chunk would hold on to the whole read. */
export class LastBytes {
  readonly #size: number;
  #ring: Uint8Array | undefined;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Uint8Array): void {
    const size = this.#size;
    const ring = (this.#ring ??= new Uint8Array(size));
    if (chunk.length >= size) {
      ring.set(chunk.subarray(chunk.length - size));
      this.#count = size;
      return;
    }
    const start = this.#count % size;
    const untilEnd = Math.min(chunk.length, size - start);
    ring.set(untilEnd === chunk.length ? chunk : chunk.subarray(0, untilEnd), start);
    if (untilEnd < chunk.length) ring.set(chunk.subarray(untilEnd), 0);
    this.#count += chunk.length;
  }

  /** Returns the kept bytes in order, as a copy. */
  read(): Uint8Array {
    if (this.#ring === undefined) return new Uint8Array();
    if (this.#count <= this.#size) return this.#ring.slice(0, this.#count);
    const start = this.#count % this.#size;
    const ordered = new Uint8Array(this.#size);
    ordered.set(this.#ring.subarray(start), 0);
    ordered.set(this.#ring.subarray(0, start), this.#size - start);
    return ordered;
  }
}
