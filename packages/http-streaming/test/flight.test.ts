import { createEmulator } from '@gemini/emulator';
import type { HttpStreamError } from '@gemini/http-streaming';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { apiKey, outcomeOf, requestTo } from './outcome-of.ts';

const failureOf = async (scenario: string): Promise<HttpStreamError> => {
  await using emulator = await createEmulator({ scenario });
  const { error } = await outcomeOf(requestTo(emulator.url));
  if (error === undefined) throw new Error('expected a failure');
  return error;
};

describe('the recording of a failed stream', () => {
  it('has its moments and reads in order, with times and sizes', async () => {
    const error = await failureOf('reset-after-content');
    const { entries, omittedReads } = error.recording();
    expect(entries.map(({ kind }) => kind).filter((kind) => kind !== 'read')).toEqual([
      'start',
      'connected',
      'headers',
      'first-event',
      'failure',
    ]);
    const reads = entries.filter(({ kind }) => kind === 'read');
    expect(omittedReads).toBe(0);
    expect(reads.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(error.bytesCount);
    expect(reads.reduce((sum, { events = 0 }) => sum + events, 0)).toBe(3);
    expect(reads[0]?.offset).toBe(0);
    const times = entries.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });

  it('is printed by inspect in readable lines, without content', async () => {
    const error = await failureOf('reset-after-content');
    const shown = inspect(error);
    expect(shown).toMatch(/flight: \[\n\s+'\+\d+\.\d ms #1 start',\n/);
    expect(shown).toMatch(/'\+\d+\.\d ms #1 read \d+ bytes at 0, \d events?'/);
    expect(shown).toMatch(/'\+\d+\.\d ms #1 failure 200 connection-lost'/);
    for (const text of [shown, JSON.stringify(error), error.stack ?? '']) {
      expect(text).not.toContain('candidates');
      expect(text).not.toContain(apiKey);
    }
  });

  it('returns the last bytes of the body only on request', async () => {
    const error = await failureOf('reset-after-content');
    expect(error.recording()).not.toHaveProperty('lastText');
    const recording = error.recording({ payloads: true });
    expect(recording.lastText).toContain('"candidates"');
    expect(recording.lastText?.length).toBeLessThanOrEqual(512);
    expect(inspect(recording, { depth: null })).not.toContain('candidates');
    expect(JSON.stringify(recording)).not.toContain('candidates');
  });

  it('does not show the bytes that broke HTTP', async () => {
    const error = await failureOf('broken-chunked-encoding');
    expect(error.cause).toMatchObject({ name: 'HTTPParserError' });
    expect(inspect(error, { depth: null })).not.toContain('not-a-size');
  });

  it('keeps the body of an error out of logs', async () => {
    const error = await failureOf('permission-denied');
    expect(error.bodyExcerpt).toContain('PERMISSION_DENIED');
    expect(inspect(error)).not.toContain('PERMISSION_DENIED');
    expect(Object.keys(error)).not.toContain('bodyExcerpt');
  });
});

it('redacts the key everywhere in the body', async () => {
  const body = Buffer.from(`data: {"said":"${apiKey}"}\n\ndata: ${'x'.repeat(300)}\n\n`);
  await using emulator = await createEmulator({ recording: { body } });
  const request = requestTo(emulator.url);
  const { error } = await outcomeOf(request, { maxEventBytes: 100 });
  expect(error?.recording({ payloads: true }).lastText).toMatch(/said":"\[redacted\]/);
});

it('redacts the rest of a key at the beginning of the last text', async () => {
  const rest = `"}\n\ndata: ${'x'.repeat(488)}\n\n`;
  const body = Buffer.from(`data: {"said":"${apiKey}${rest}`);
  await using emulator = await createEmulator({ recording: { body } });
  const { error } = await outcomeOf(requestTo(emulator.url), { maxEventBytes: 100 });
  expect(error?.recording({ payloads: true }).lastText).toBe(`[redacted]${rest}`);
  expect(Buffer.byteLength(rest)).toBeGreaterThan(512 - apiKey.length);
});
