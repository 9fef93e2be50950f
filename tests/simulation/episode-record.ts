import { createHash } from 'node:crypto';
import { time } from './install.ts';

/** Something that must not be. */
export interface Violation {
  /** The promise that is broken. */
  readonly promise: string;
  readonly detail: string;
}

/** The counts of an episode. */
export interface EpisodeCounts {
  streams: number;
  /** The time from the start of each stream to its end, added up. */
  streamMs: number;
  requests: number;
  connections: number;
  readerEvents: number;
  visits: number;
  tasks: number;
  deaths: number;
  /** Streams by their outcome. */
  outcomes: Record<string, number>;
}

const mostViolations = 20;

/** Takes down what happens in an episode: the trace, of which a replay must have the same hash, and the violations. */
export class EpisodeRecord {
  readonly violations: Violation[] = [];
  readonly counts: EpisodeCounts = {
    streams: 0,
    streamMs: 0,
    requests: 0,
    connections: 0,
    readerEvents: 0,
    visits: 0,
    tasks: 0,
    deaths: 0,
    outcomes: {},
  };
  readonly #hash = createHash('sha256');
  readonly #startMs: number;
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(startMs: number, onLine?: (line: string) => void) {
    this.#startMs = startMs;
    this.#onLine = onLine;
  }

  /** Adds a line to the trace. */
  trace(what: string): void {
    const line = `${(time.nowMs - this.#startMs).toFixed(2)} ${what}`;
    this.#hash.update(`${line}\n`);
    this.#onLine?.(line);
  }

  violate(promise: string, detail: string): void {
    this.trace(`VIOLATION ${promise}: ${detail}`);
    if (this.violations.length < mostViolations) this.violations.push({ promise, detail });
  }

  countOutcome(name: string): void {
    const { outcomes } = this.counts;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }

  /** Ends the trace. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }
}
