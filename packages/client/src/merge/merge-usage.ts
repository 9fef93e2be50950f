import { GeminiError } from '../errors.ts';
import { isMissing } from '../wire/absent.ts';
import type { UsageMetadata } from '../wire/types.ts';

type Fields = Record<string, unknown>;

interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/** The most token counts that a response may have, for each event holds all of them. The API knows about 30. */
const maxCounts = 128;

/** The token counts of an answer: running totals of each request, added up over its requests. */
export class UsageTotals {
  /** Those of the present request, as they came, and how many fields they have. */
  #latest: UsageMetadata | undefined;
  #fieldsCount = 0;
  /** Those of the requests before. */
  #earlier: UsageMetadata | undefined;
  /** Those of the present request at the last {@link takeChange}. */
  #taken: UsageMetadata | undefined;

  /**
   * Notes the counts of a chunk. Every chunk may have some, so that all other work waits until they are read.
   * @throws GeminiError `response-too-large` for more counts than any answer has
   */
  note(usage: UsageMetadata): void {
    const latest = this.#latest as Fields | undefined;
    const counts = usage as Fields;
    let fieldsCount = 0;
    let received = 0;
    let isWhole = latest !== undefined && this.#earlier === undefined;
    for (const name in counts) {
      const value = counts[name];
      fieldsCount += 1;
      received += Array.isArray(value) ? 1 + value.length : 1;
      if (isMissing(value) || isMissing(latest?.[name])) isWhole = false;
    }
    checkCount(received);
    // The usual chunk has all fields of the one before: there is nothing to keep of that.
    if (isWhole && fieldsCount === this.#fieldsCount) {
      this.#latest = usage;
      return;
    }
    this.#latest = latestUsage(latest, usage);
    this.#fieldsCount = Object.keys(this.#latest).length;
    // Counts of other names come together over chunks and requests.
    checkCount(countsOf(this.total ?? usage));
  }

  /** The counts of the present request alone. */
  get ofRequest(): UsageMetadata | undefined {
    return this.#latest && (this.#latest = withNumbers(this.#latest));
  }

  /** The counts of all requests. */
  get total(): UsageMetadata | undefined {
    return sumUsage(this.#earlier, this.ofRequest);
  }

  /** Returns the counts of all requests if they have changed since the last call. Some servers repeat the same ones. */
  takeChange(): UsageMetadata | undefined {
    const usage = this.ofRequest;
    if (usage === undefined || tellsNothingNew(this.#taken, usage)) return undefined;
    this.#taken = usage;
    return this.total;
  }

  /** Begins the counts of another request. */
  nextRequest(): void {
    this.#earlier = this.total;
    this.#latest = undefined;
    this.#taken = undefined;
  }
}

/**
 * Bounds the work that each chunk makes.
 * @throws GeminiError `response-too-large` for more counts than any answer has
 */
function checkCount(received: number): void {
  if (received <= maxCounts) return;
  const message = `the response has more than ${maxCounts} token counts`;
  throw new GeminiError('response-too-large', message, { limit: maxCounts, received });
}

function countsOf(usage: UsageMetadata): number {
  return Object.values(usage as Fields).reduce<number>(
    (sum, value) => sum + (Array.isArray(value) ? 1 + value.length : 1),
    0,
  );
}

/**
 * Returns the latest counts of one request. Chunks carry running totals, and some carry only a part of the fields: a
 * field that a later chunk does not have keeps its value.
 */
function latestUsage(before: Fields | undefined, next: UsageMetadata): UsageMetadata {
  const usage: Fields = { ...before };
  const counts = next as Fields;
  for (const name in counts) {
    if (!isMissing(counts[name]) && name !== '__proto__') usage[name] = counts[name];
  }
  return usage;
}

/** Returns the same counts as numbers: some servers write 64-bit integers as strings, as protobuf's JSON does. */
export function withNumbers(usage: UsageMetadata): UsageMetadata {
  const counts = usage as Fields;
  let numbers: Fields | undefined;
  for (const name in counts) {
    const value = counts[name];
    const number = Array.isArray(value) ? numbersInList(value) : numberOf(value);
    if (number !== value) (numbers ??= { ...counts })[name] = number;
  }
  return numbers ?? counts;
}

function numbersInList(list: unknown[]): unknown[] {
  const hasText = list.some((item) => typeof (item as ModalityCount | null)?.tokenCount === 'string');
  if (!hasText) return list;
  return list.map((item) => {
    const count = item as ModalityCount | null;
    return count === null ? item : { ...count, tokenCount: numberOf(count.tokenCount) };
  });
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Whether every number and name in `next` is known already. Lists are not compared: they repeat the counts by modality. */
function tellsNothingNew(before: UsageMetadata | undefined, next: UsageMetadata): boolean {
  if (before === undefined) return false;
  const [known, told] = [before as Fields, next as Fields];
  for (const name in told) {
    const value = told[name];
    const isList = typeof value === 'object' && value !== null && known[name] !== undefined;
    if (value !== known[name] && !isList) return false;
  }
  return true;
}

/** Adds up the counts of two requests, by modality too; of every other field the later value is kept. */
export function sumUsage(left: UsageMetadata | undefined, right: UsageMetadata | undefined): UsageMetadata | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const sum: Fields = { ...left };
  for (const [name, value] of Object.entries(right as Fields)) {
    if (name === '__proto__') continue;
    const before = sum[name];
    if (typeof value === 'number' && typeof before === 'number') sum[name] = before + value;
    else if (isModalityCounts(value) && isModalityCounts(before)) sum[name] = sumByModality(before, value);
    else sum[name] = value;
  }
  return sum;
}

function sumByModality(left: readonly ModalityCount[], right: readonly ModalityCount[]): ModalityCount[] {
  const counts = new Map<string | undefined, number>();
  for (const { modality, tokenCount = 0 } of [...left, ...right]) {
    counts.set(modality, (counts.get(modality) ?? 0) + tokenCount);
  }
  return [...counts].map(([modality, tokenCount]) => ({ ...(modality === undefined ? {} : { modality }), tokenCount }));
}

function isModalityCounts(value: unknown): value is ModalityCount[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}
