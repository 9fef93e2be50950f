import type { StreamTiming } from '@gemini/http-streaming';
import type { GeminiError } from '../errors.ts';
import type { AttemptReport } from '../types.ts';
import type { UsageMetadata } from '../wire/types.ts';
import type { SendAttempt } from './send-attempt.ts';
import { addTiming } from './timing.ts';

/** The requests of one answer, and what each of them took. */
export class AttemptLedger {
  readonly #ended: AttemptReport[] = [];
  #current: AttemptReport;
  #attempt: SendAttempt | undefined;
  #sentCount = 0;
  /** Of the requests that have ended. */
  #unknownEvents = 0;
  #earlierTiming: StreamTiming | undefined;

  constructor(model: string) {
    this.#current = { attempt: 1, kind: 'first', model, delayMs: 0 };
  }

  /** The request that was planned last, which may be on its way or over. */
  get current(): AttemptReport {
    return this.#current;
  }

  /** Its exchange with the server; `undefined` before there is one. */
  get attempt(): SendAttempt | undefined {
    return this.#attempt;
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  /** Plans the next request. Returns its number, from 1. */
  plan(report: Omit<AttemptReport, 'attempt'>): number {
    const attempt = this.#ended.length + 1;
    this.#current = { attempt, ...report };
    return attempt;
  }

  begin(attempt: SendAttempt): void {
    this.#attempt = attempt;
  }

  noteSent(): void {
    this.#sentCount += 1;
  }

  /** The present request is over. One that was never sent is not reported. */
  end(usage: UsageMetadata | undefined, { code, status }: Partial<GeminiError> = {}): void {
    if (this.#isRunning()) this.#ended.push({ ...this.#current, usage, code, status });
    this.#earlierTiming = addTiming(this.#earlierTiming, this.#attempt?.timing);
    this.#unknownEvents += this.#attempt?.unknownEvents ?? 0;
  }

  /** Takes over the requests of another process. */
  adopt(reports: readonly AttemptReport[]): void {
    for (const report of reports) this.#ended.push(report);
    this.#sentCount = reports.length;
  }

  /** Returns the moments of all requests together; `undefined` before the first response. */
  timing(): StreamTiming | undefined {
    return addTiming(this.#earlierTiming, this.#isRunning() ? this.#attempt?.timing : undefined);
  }

  /** Events of a kind that this version does not know. */
  unknownEvents(): number {
    return this.#unknownEvents + (this.#isRunning() ? (this.#attempt?.unknownEvents ?? 0) : 0);
  }

  /** Returns a report of each request that was sent. `usage` is that of the present one. */
  reports(usage: UsageMetadata | undefined): AttemptReport[] {
    return this.#isRunning() ? [...this.#ended, { ...this.#current, usage }] : [...this.#ended];
  }

  /** The present request has been sent, and has not ended. */
  #isRunning(): boolean {
    return this.#sentCount > this.#ended.length;
  }
}
