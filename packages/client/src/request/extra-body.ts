import { isRecord } from '../wire/guard.ts';

type Fields = Readonly<Record<string, unknown>>;

/** No field of a request is nested deeper. */
const maxDepth = 100;

/**
 * Puts fields that have no name here into a request body: objects are merged, any other value replaces the one in its
 * place. Returns the same body if there are none.
 * @throws TypeError for a value that is no object, and for one that is nested too deep
 */
export function withExtraBody<Body extends object>(body: Body, extra: Fields | undefined): Body {
  if (extra === undefined) return body;
  if (!isRecord(extra)) throw new TypeError(`extraBody: expected an object, got ${typeof extra}`);
  return merge(body as Fields, extra, 0) as Body;
}

function merge(target: Fields, extra: Fields, depth: number): Fields {
  if (depth > maxDepth) throw new TypeError(`extraBody: expected at most ${maxDepth} levels, got more`);
  const merged: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(extra)) {
    if (name === '__proto__' || value === undefined) continue;
    const before = merged[name];
    merged[name] = isRecord(value) && isRecord(before) ? merge(before, value, depth + 1) : value;
  }
  return merged;
}
