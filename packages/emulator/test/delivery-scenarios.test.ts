import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deliveryScenarios } from '../src/scenarios/delivery-scenarios.ts';
import { meetScenario, type Meeting, readChunks, textOf } from './meet-scenario.ts';

const bodyBytes = ({ response }: Meeting): Buffer => response.rawBody;
const events =
  (count: number) =>
  (seen: string): boolean =>
    seen.split('\r\n\r\n').length > count + 1;
const never = (): boolean => false;
const bytes =
  (count: number) =>
  (seen: string): boolean =>
    seen.length > count;

/** The point at which to stop reading a long scenario, and the check of the bytes until then. */
const rows: Readonly<Record<string, { until?: (seen: string) => boolean; check: (meeting: Meeting) => void }>> = {
  buffered: {
    check(meeting) {
      expect(meeting.request.writesCount).toBe(1);
      expect(meeting.response.head).toMatch(/content-length: \d/iu);
      expect(textOf(readChunks(meeting.response.body))).toBe(meeting.plain);
    },
  },
  'buffered-blocks': {
    check({ request, response, plain }) {
      const sizes = request.writes.map((write) => write.bytes);
      expect(sizes.slice(0, -1).every((size) => size === 4_096)).toBe(true);
      expect(sizes.length).toBeGreaterThan(1);
      expect(textOf(readChunks(response.body))).toBe(plain);
    },
  },
  'gzip-without-flush': {
    check(meeting) {
      expect(meeting.response.head).toMatch(/content-encoding: gzip/iu);
      expect(meeting.request.writesCount).toBeLessThan(4);
      expect(textOf(readChunks(gunzipSync(bodyBytes(meeting)).toString('utf8')))).toBe(meeting.plain);
    },
  },
  'gzip-with-flush': {
    check(meeting) {
      const chunks = readChunks(gunzipSync(bodyBytes(meeting)).toString('utf8'));
      expect(meeting.request.writesCount).toBeGreaterThanOrEqual(chunks.length);
      expect(textOf(chunks)).toBe(meeting.plain);
    },
  },
  'slow-drip': {
    until: events(1),
    check: ({ request }) => expect(request.writes.every((write) => write.bytes <= 16)).toBe(true),
  },
  'late-headers': {
    check({ request }) {
      expect((request.writes[0]?.atMs ?? 0) - request.receivedAt).toBeGreaterThan(950);
    },
  },
  'long-and-healthy': { until: events(3), check: ({ response }) => expect(response.end).toBe('left') },
  'silence-before-headers': { until: never, check: ({ response }) => expect(response.bytes.length).toBe(0) },
  'silence-after-headers': {
    until: (seen) => seen.includes('\r\n\r\n'),
    check: ({ response }) => expect([response.status, response.body]).toEqual([200, '']),
  },
  'silence-after-content': {
    until: events(3),
    check: ({ response }) => expect(readChunks(response.body)).toHaveLength(3),
  },
  'silence-after-finish': {
    until: (seen) => seen.includes('"STOP"'),
    check({ response, plain }) {
      expect(textOf(readChunks(response.body))).toBe(plain);
      expect(response.bytes.toString('latin1')).not.toMatch(/\r\n0\r\n\r\n$/u);
    },
  },
  'comments-only': {
    until: (seen) => seen.split(': keep-alive').length > 2,
    check: ({ response }) => expect(readChunks(response.body)).toHaveLength(1),
  },
  'endless-data-line': {
    until: bytes(2_000_000),
    check({ response, request }) {
      expect(readChunks(response.body)).toHaveLength(1);
      // Far from the end: the server waits for its reader.
      expect(request.bytesWritten).toBeLessThan(40_000_000);
    },
  },
  'endless-comments': {
    until: bytes(1_000_000),
    check: ({ response }) => expect(response.body).toMatch(/(?:: still here\r\n\r\n){1000}/u),
  },
  'endless-events': {
    until: events(1_000),
    check({ response, request }) {
      const chunks = readChunks(response.body.slice(0, response.body.lastIndexOf('\r\n\r\n') + 4));
      expect(chunks.length).toBeGreaterThanOrEqual(1_000);
      expect(textOf(chunks.slice(1, 3))).toMatch(/^x{1000,}$/u);
      expect(request.closedBy).toBe('client');
    },
  },
  'large-inline-data': {
    check({ response }) {
      const last = response.body.split('\r\n\r\n').at(-2) ?? '';
      expect(last.length).toBeGreaterThan(16 * 1024 * 1024);
      expect(JSON.parse(last.slice(6))).toHaveProperty('candidates.0.content.parts.0.inlineData.mimeType', 'image/png');
    },
  },
  'flood-of-events': { until: events(1_000), check: ({ request }) => expect(request.closedBy).toBe('client') },
};

describe('delivery scenarios', () => {
  it('every delivery scenario has a check', () => {
    expect(Object.keys(rows)).toEqual(deliveryScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(rows))('the scenario %s matches its description', async ([name, { until, check }]) => {
    const meeting = await meetScenario(name, until);
    check(meeting);
    expect(meeting.request.scenario).toBe(name);
  });
});
