import { parseRetryAfter } from '@gemini/http-streaming';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const nowMs = Date.UTC(2030, 0, 1, 12, 0, 0);

// If local time is not GMT, a date without a zone shows which one is used.
beforeEach(() => {
  vi.stubEnv('TZ', 'America/New_York');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('the time zone of this test is not GMT', () => {
  expect(new Date(nowMs).getHours()).toBe(7);
});

it.for<[string | undefined, number | undefined]>([
  ['0', 0],
  ['7', 7_000],
  [' 120 ', 120_000],
  ['1.5', 1_500],
  ['Tue, 01 Jan 2030 12:00:05 GMT', 5_000],
  ['Tuesday, 01-Jan-30 12:00:05 GMT', 5_000],
  ['Tue Jan  1 12:00:05 2030', 5_000],
  ['Tue, 01 Jan 2030 11:59:00 GMT', 0],
  ['', undefined],
  [undefined, undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['12 apples', undefined],
  ['2030-01-01T12:00:05Z', undefined],
  ['Tue, 99 Foo 2030', undefined],
])('parseRetryAfter reads %s', ([value, expected]) => {
  expect(parseRetryAfter(value, nowMs)).toBe(expected);
});
