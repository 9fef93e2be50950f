import { describe, expect, it } from 'vitest';
import { endingScenarios } from '../src/scenarios/ending-scenarios.ts';
import { meetScenario, type Meeting, readChunks, readPayloads, textOf } from './meet-scenario.ts';

const lastPayload = ({ response }: Meeting): unknown => JSON.parse(readPayloads(response.body).at(-1) ?? '');
const unavailable = { error: { code: 503, status: 'UNAVAILABLE' } };

const rows: Readonly<Record<string, (meeting: Meeting) => void>> = {
  'last-event-unterminated'({ response, plain }) {
    expect(response.body).toMatch(/\}$/u);
    expect(textOf(readChunks(`${response.body}\r\n\r\n`))).toBe(plain);
    expect(response.end).toBe('closed');
  },
  'last-event-cut': ({ response }) => expect(() => readChunks(`${response.body}\r\n\r\n`)).toThrow(SyntaxError),
  'bad-json'({ response, plain }) {
    const payloads = readPayloads(response.body);
    expect(() => JSON.parse(payloads[2] ?? '') as unknown).toThrow(SyntaxError);
    expect(textOf(payloads.filter((_, index) => index !== 2).map((payload) => JSON.parse(payload) as never))).toBe(
      plain,
    );
  },
  'error-event'(meeting) {
    expect(readPayloads(meeting.response.body)).toHaveLength(4);
    expect(lastPayload(meeting)).toMatchObject(unavailable);
  },
  'error-event-without-code': (meeting) => expect(lastPayload(meeting)).not.toHaveProperty('error.code'),
  'error-event-quota': (meeting) => expect(lastPayload(meeting)).toHaveProperty('error.code', 429),
  'error-event-first'(meeting) {
    expect(readPayloads(meeting.response.body)).toHaveLength(1);
    expect(lastPayload(meeting)).toMatchObject(unavailable);
  },
  'raw-json-error'({ response }) {
    expect(readPayloads(response.body)).toHaveLength(3);
    expect(JSON.parse(response.body.slice(response.body.indexOf('\r\n\r\n{') + 4))).toMatchObject(unavailable);
  },
  'raw-json-error-only': ({ response }) =>
    expect([response.status, JSON.parse(response.body)]).toMatchObject([200, unavailable]),
  'no-finish-reason'({ response }) {
    expect(response.bytes.toString('latin1')).toMatch(/\r\n0\r\n\r\n$/u);
    expect(readChunks(response.body).map((chunk) => chunk.candidates?.[0]?.finishReason)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  },
  'closed-in-the-middle'({ response }) {
    expect([response.end, readChunks(response.body).length]).toEqual(['closed', 3]);
    expect(response.bytes.toString('latin1')).not.toMatch(/\r\n0\r\n\r\n$/u);
  },
  'reset-after-content': ({ response }) =>
    expect([response.end, readChunks(response.body).length]).toEqual(['reset', 3]),
  'reset-inside-event'({ response }) {
    expect(response.end).toBe('reset');
    expect(response.body).not.toMatch(/\r\n\r\n$/u);
  },
  'reset-before-headers': ({ response }) => expect([response.end, response.bytes.length]).toEqual(['reset', 0]),
  'reset-after-finish': ({ response, plain }) =>
    expect([response.end, textOf(readChunks(response.body))]).toEqual(['reset', plain]),
  'close-delimited-cut'({ response }) {
    expect(response.head).not.toMatch(/content-length|transfer-encoding/iu);
    expect(response.end).toBe('closed');
    expect(response.body).not.toMatch(/\r\n\r\n$/u);
  },
  'content-length-short': (meeting) => expect(declaredLength(meeting)).toBe(meeting.response.rawBody.length - 40),
  'content-length-long': (meeting) => expect(declaredLength(meeting)).toBe(meeting.response.rawBody.length + 40),
  'broken-chunked-encoding': ({ response }) => expect(response.bytes.toString('latin1')).toMatch(/not-a-size\r\n$/u),
};

function declaredLength({ response }: Meeting): number {
  return Number(/content-length: (\d+)/iu.exec(response.head)?.[1]);
}

describe('ending scenarios', () => {
  it('every ending scenario has a check', () => {
    expect(Object.keys(rows)).toEqual(endingScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(rows))('the scenario %s matches its description', async ([name, check]) => {
    const meeting = await meetScenario(name);
    check(meeting);
    expect(meeting.request).toMatchObject({ scenario: name, closedBy: 'server' });
  });
});
