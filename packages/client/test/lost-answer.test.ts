import type { StoredStreamEvent } from '@gemini/client';
import { describe, expect, it } from 'vitest';
import { nextAfterLoss, readLostAnswer } from '../src/answer/lost-answer.ts';

const start: StoredStreamEvent = { type: 'start', id: 'tides', model: 'flash', attempt: 1 };
const text = (told: string): StoredStreamEvent => ({ type: 'text-delta', text: told, candidate: 0 });
const token = (continuationToken: string): StoredStreamEvent => ({ type: 'checkpoint', continuationToken });
const retry = (more: object = {}): StoredStreamEvent => ({
  type: 'retry',
  attempt: 2,
  delayMs: 0,
  code: 'connection-lost',
  ...more,
});
const begin: StoredStreamEvent = { type: 'function-call-start', name: 'f', candidate: 0 };
const piece: StoredStreamEvent = { type: 'function-call-delta', name: 'f', path: '$.a', value: 1, candidate: 0 };
const end: StoredStreamEvent = { type: 'function-call-end', call: { name: 'f', args: { a: 1 } }, candidate: 0 };

describe('what is known of a lost answer', () => {
  it('is settled up to the last token, and comes again after it', () => {
    const lost = readLostAnswer([start, text('a'), token('one'), text('b'), token('two'), text('c')]);
    expect(lost.settled).toHaveLength(2);
    expect(lost.repeated).toHaveLength(1);
    expect(lost).toMatchObject({ checkpoint: { continuationToken: 'two' }, hasContent: true, hasPieces: false });
    expect(lost).toMatchObject({ model: 'flash', reports: [{ attempt: 1, kind: 'first', code: 'producer-lost' }] });
  });

  it('is read whatever its length', () => {
    const long = Array.from({ length: 200_000 }, () => text('a'));
    const { settled, repeated } = readLostAnswer([start, ...long, token('one'), text('b')]);
    expect([settled.length, repeated.length]).toEqual([200_000, 1]);
  });

  it('comes again from its start if it is an interaction that is followed', () => {
    const lost = readLostAnswer([start, { type: 'checkpoint', interactionId: 'v1_a' }, text('a'), text('b')]);
    expect(lost).toMatchObject({ settled: [], checkpoint: { interactionId: 'v1_a' } });
    expect(lost.repeated).toHaveLength(2);
  });

  it.for<[string, StoredStreamEvent[], boolean, boolean]>([
    ['nothing', [start], false, false],
    ['the stage of a model', [start, { type: 'model-status', modelStatus: { stage: 'x' } as never }], false, false],
    ['a call that only began', [start, begin], true, true],
    ['a call in pieces', [start, token('one'), begin, piece, end], true, true],
    ['a call in pieces before a token', [start, begin, piece, end, token('one')], true, false],
    ['a call that was open at the token', [start, begin, piece, token('one'), end], true, true],
    ['a call at once', [start, begin, end], true, false],
  ])('%s', ([, events, hasContent, hasPieces]) => {
    const lost = readLostAnswer(events);
    expect([lost.hasContent, lost.hasPieces]).toEqual([hasContent, hasPieces]);
  });

  it('is discarded after an event that says so, and has no place of an earlier request', () => {
    const lost = readLostAnswer([start, text('a'), begin, token('one'), retry({ discardFrom: 0 })]);
    expect(lost).toMatchObject({
      settled: [],
      repeated: [],
      checkpoint: undefined,
      hasContent: false,
      hasPieces: false,
    });
    expect(lost.reports.map(({ kind }) => kind)).toEqual(['first', 'restart']);
    expect(readLostAnswer([start, token('one'), retry()]).checkpoint).toBeUndefined();
    expect(readLostAnswer([]).reports).toMatchObject([{ attempt: 1, code: 'producer-lost' }]);
  });
});

describe('what follows a lost answer', () => {
  const facts = { canResume: false, mayRepeat: true, hasContent: true, restart: false };

  it.for([
    ['resume', { canResume: true, hasContent: true, restart: true }],
    ['retry', { hasContent: false }],
    ['restart', { restart: true }],
    ['outcome', {}],
    ['outcome', { mayRepeat: false, hasContent: false, restart: true }],
  ] as const)('%s', ([type, more]) => {
    expect(nextAfterLoss({ ...facts, ...more }).type).toBe(type);
  });
});
