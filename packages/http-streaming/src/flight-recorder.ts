import { channel, type Channel } from 'node:diagnostics_channel';
import type { Arrivals } from './arrivals.ts';
import type { FlightEntry, FlightRecording, HttpStreamMoment } from './errors.ts';
import { describeRequest, type OutgoingRequest } from './request.ts';
import type { HttpStreamMessage } from './types.ts';

/** Writes down what happens to one stream, and tells it to the diagnostics channels. */
export interface FlightRecorder {
  note(moment: HttpStreamMoment, attempt: number, facts?: MomentFacts): void;
  /** The recording so far: a copy of the figures, which the stream no longer changes. */
  take(attempt: number, startedMs: number, body: RecordedBody | undefined): FlightRecording;
}

interface RecordedBody {
  readonly arrivals: Arrivals;
  readonly counts: { readonly decodedBytes: number };
}

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

/** The last bytes of a body, for looking at what came before a failure. */
export interface LastBytes {
  add(chunk: Uint8Array): void;
  /** The kept bytes in order, as a copy. */
  read(): Uint8Array;
}

class ByteRing implements LastBytes {
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

/** Keeps `size` bytes at the most. They are copied: a piece of a chunk would hold on to the whole read. */
export function createLastBytes(size: number): LastBytes {
  return new ByteRing(size);
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
