import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { refusalScenarios } from '../src/scenarios/refusal-scenarios.ts';
import { prompt } from './meet-scenario.ts';
import { ask, rawRequest, type RawResponse, streamPath } from './raw-request.ts';

const json = ({ body }: RawResponse): unknown => JSON.parse(body);
const quota = { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } };

interface Row {
  readonly status: number;
  /** The status of the same request sent again. */
  readonly again: number;
  readonly until?: (seen: string) => boolean;
  readonly check?: (response: RawResponse) => void;
}

const rows: Readonly<Record<string, Row>> = {
  'quota-retry-info': {
    status: 429,
    again: 200,
    check: (response) => expect(json(response)).toMatchObject({ error: { details: [{}, { retryDelay: '5s' }] } }),
  },
  'quota-retry-after': {
    status: 429,
    again: 200,
    check: (response) => expect(response.head).toMatch(/retry-after: 2\r\n/iu),
  },
  'quota-retry-after-date': {
    status: 429,
    again: 200,
    check: (response) => expect(response.head).toMatch(/retry-after: \w{3}, \d\d .* GMT\r\n/iu),
  },
  'quota-per-day': { status: 429, again: 429, check: (response) => expect(response.body).toContain('PerDay') },
  'quota-as-event-stream': {
    status: 429,
    again: 429,
    check(response) {
      expect(response.head).toMatch(/content-type: text\/event-stream/iu);
      expect(json(response)).toMatchObject(quota);
    },
  },
  'unavailable-then-fine': { status: 503, again: 200 },
  'internal-then-fine': { status: 500, again: 200 },
  'always-unavailable': {
    status: 503,
    again: 503,
    check: (response) => expect(json(response)).toHaveProperty('error.status', 'UNAVAILABLE'),
  },
  'invalid-argument': { status: 400, again: 400 },
  unauthenticated: {
    status: 401,
    again: 401,
    check: (response) => expect(json(response)).toHaveProperty('error.details.0.reason'),
  },
  'permission-denied': { status: 403, again: 403 },
  'not-found': { status: 404, again: 404 },
  'error-in-array': {
    status: 503,
    again: 503,
    check: (response) => expect(json(response)).toMatchObject([{ error: { code: 503 } }]),
  },
  'error-body-cut': { status: 503, again: 503, check: (response) => expect(() => json(response)).toThrow(SyntaxError) },
  'error-body-silent': {
    status: 503,
    again: 503,
    until: (seen) => seen.includes('"error"'),
    check: ({ end }) => expect(end).toBe('left'),
  },
  'error-body-endless': {
    status: 503,
    again: 503,
    until: (seen) => seen.length > 1_000_000,
    check: ({ end }) => expect(end).toBe('left'),
  },
  'html-page': {
    status: 200,
    again: 200,
    check: (response) => expect(response.head).toMatch(/content-type: text\/html/iu),
  },
  'bad-gateway': {
    status: 502,
    again: 502,
    check: (response) => expect(response.body).toContain('<title>Bad Gateway'),
  },
  'no-content': { status: 204, again: 204, check: ({ body }) => expect(body).toBe('') },
  'empty-body': { status: 200, again: 200, check: ({ body }) => expect(body).toBe('') },
  'wrong-content-type': {
    status: 200,
    again: 200,
    check: ({ head }) => expect(head).toMatch(/content-type: text\/plain/iu),
  },
  'no-content-type': { status: 200, again: 200, check: ({ head }) => expect(head).not.toMatch(/content-type/iu) },
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [`redirect-${status}`, { status, again: status, check: leavesOrigin }]),
  ),
  'redirect-same-origin': {
    status: 307,
    again: 307,
    check: ({ head }) => expect(head).toMatch(/location: http:\/\/127\.0\.0\.1:\d+\/__redirected\/v1beta\//iu),
  },
  'redirect-loop': {
    status: 307,
    again: 307,
    check: ({ head }) => expect(head).toMatch(/location: http:\/\/127\.0\.0\.1:\d+\/__scenario\/redirect-loop\//iu),
  },
};

function leavesOrigin({ head }: RawResponse): void {
  expect(head).toMatch(/location: http:\/\/localhost:\d+\/__redirected\/v1beta\/models\//iu);
}

describe('refusal scenarios', () => {
  it('every refusal scenario has a check', () => {
    expect(Object.keys(rows)).toEqual(refusalScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(rows))(
    'the scenario %s and the request after it match its description',
    async ([name, { status, again, until, check }]) => {
      await using emulator = await createEmulator();
      const send = (): Promise<RawResponse> =>
        rawRequest(emulator.url, `/__scenario/${name}${streamPath}`, { body: ask(prompt), until });
      const response = await send();
      expect(response.status).toBe(status);
      check?.(response);
      expect((await send()).status).toBe(again);
    },
  );

  it('a followed redirect arrives under a prefix of the emulator', async () => {
    await using emulator = await createEmulator({ scenario: 'redirect-308' });
    const { head } = await rawRequest(emulator.url, streamPath, { body: ask(prompt) });
    const location = new URL(/location: (\S+)/iu.exec(head)?.[1] ?? '');
    await rawRequest(location.origin, location.pathname + location.search, { body: ask(prompt) });
    expect(emulator.requests.map((request) => request.prefix)).toEqual(['', '/__redirected']);
  });
});
