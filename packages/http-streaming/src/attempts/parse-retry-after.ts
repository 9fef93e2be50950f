const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;

/**
 * Milliseconds from `nowMs` (epoch) that a `Retry-After` header asks for: a number of seconds, or one of the three forms
 * of an HTTP date (RFC 9110, sections 10.2.3 and 5.6.7). `0` for a date that has passed, `undefined` for anything else.
 * Not clamped. Pure.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!httpDate.test(text)) return undefined;
  // The oldest form names no zone and means GMT; Date.parse would take it for local time.
  const atMs = Date.parse(/gmt$/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
