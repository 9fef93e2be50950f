import type { UsageMetadata } from '../wire.ts';

interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/**
 * The latest counts of one request. Chunks carry running totals, and some carry a part of the fields only: what a later
 * chunk does not name stays.
 */
export function latestUsage(before: UsageMetadata | undefined, next: UsageMetadata): UsageMetadata {
  const usage = { ...before };
  for (const [name, value] of Object.entries(next)) if (value !== undefined && value !== null) usage[name] = value;
  return usage;
}

/** What several requests cost together: numbers are added, counts by modality too; of the rest the later one stays. */
export function sumUsage(left: UsageMetadata | undefined, right: UsageMetadata | undefined): UsageMetadata | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const sum: UsageMetadata = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const before = left[name];
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
