import { GeminiError } from '../errors/errors.ts';
import type { UsageMetadata } from '../wire.ts';

type Fields = Record<string, unknown>;

interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/** The most token counts that a response may have, for each event holds all of them. The API knows about 30. */
const maxCounts = 128;

/**
 * Bounds the work that each chunk makes.
 * @throws GeminiError `response-too-large` for more counts than any answer has
 */
export function checkUsage(usage: UsageMetadata): void {
  let received = 0;
  for (const value of Object.values(usage as Fields)) received += Array.isArray(value) ? 1 + value.length : 1;
  if (received <= maxCounts) return;
  const message = `the response has more than ${maxCounts} token counts`;
  throw new GeminiError('response-too-large', message, { limit: maxCounts, received });
}

/**
 * The latest counts of one request. Chunks carry running totals, and some carry a part of the fields only: what a later
 * chunk does not name stays.
 */
export function latestUsage(before: UsageMetadata | undefined, next: UsageMetadata): UsageMetadata {
  if (namesAll(next as Fields, before as Fields | undefined)) return next;
  const usage: Fields = { ...before };
  for (const [name, value] of Object.entries(next)) {
    if (value !== undefined && value !== null && name !== '__proto__') usage[name] = value;
  }
  return usage;
}

// The usual chunk: nothing of an earlier one is left to keep.
function namesAll(next: Fields, before: Fields | undefined): boolean {
  for (const name in before) if (next[name] === undefined || next[name] === null) return false;
  for (const name in next) if (next[name] === undefined || next[name] === null) return false;
  return true;
}

/** Whether every number and name in `next` is known already. Lists are not compared: they say the same by modality. */
export function tellsNothingNew(before: UsageMetadata | undefined, next: UsageMetadata): boolean {
  if (before === undefined) return false;
  const [known, told] = [before as Fields, next as Fields];
  for (const name in told) {
    const value = told[name];
    const isList = typeof value === 'object' && value !== null && known[name] !== undefined;
    if (value !== known[name] && !isList) return false;
  }
  return true;
}

/** What several requests cost together: numbers are added, counts by modality too; of the rest the later one stays. */
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
