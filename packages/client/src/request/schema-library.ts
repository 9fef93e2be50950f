import type * as mini from 'zod/mini';
import { createRequire } from 'node:module';

type Mini = typeof mini;

let loaded: Mini | undefined;

/**
 * The schema library, loaded when something is wrong and its words are needed: loading it takes 40 ms, which a good
 * request must not wait for.
 */
export function loadZod(): Mini {
  loaded ??= createRequire(import.meta.url)('zod/mini') as Mini;
  return loaded;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code?: string | undefined;
  readonly expected?: string | undefined;
  readonly errors?: readonly (readonly Issue[])[] | undefined;
  readonly minimum?: number | bigint | undefined;
  /** What a choice is between. */
  readonly values?: readonly unknown[] | undefined;
}

/** The first thing that a schema found wrong, as `field: expected …, got …`. Never tells a value, only its kind. */
export function describeIssue(issues: readonly Issue[], input: unknown): string {
  const [issue] = issues;
  if (issue === undefined) return 'the value is not valid';
  return `${pathOf(issue.path)}: expected ${expectedOf(issue)}, got ${kindOf(valueAt(input, issue.path))}`;
}

function expectedOf(issue: Issue): string {
  if (issue.code === 'too_small') return `at least ${String(issue.minimum)}`;
  if (issue.code === 'invalid_union') {
    const kinds = (issue.errors ?? []).map((errors) => errors[0]?.expected).filter((kind) => kind !== undefined);
    return kinds.join(' or ') || 'another value';
  }
  if (issue.values !== undefined) return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  return issue.expected ?? 'another value';
}

function pathOf(path: readonly PropertyKey[]): string {
  let text = '';
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : `${text === '' ? '' : '.'}${String(key)}`;
  return text === '' ? 'the value' : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value;
}
