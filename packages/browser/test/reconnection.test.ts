import { describe, expect, it } from 'vitest';
import { StreamFollowError } from '../src/errors.ts';
import { defaultFollowOptions } from '../src/options.ts';
import { type ConnectionState, transition } from '../src/reconnection.ts';

const policy = defaultFollowOptions.reconnect;
const error = new StreamFollowError('connection-lost', 'lost');
const drop = (state: ConnectionState, facts: object = {}) =>
  transition(state, { type: 'dropped', error, nowMs: 0, isOnline: true, random: 0, ...facts }, policy);
const streaming: ConnectionState = { status: 'streaming', attempts: 0 };

describe('transition', () => {
  it('doubles the wait up to its limit, takes off up to half, and gives up after the last attempt', () => {
    const waits = Array.from({ length: 9 }, (_, attempts) => drop({ status: 'connecting', attempts }));
    expect(waits.map((state) => (state.status === 'waiting' ? state.untilMs : state.status))).toEqual([
      250,
      500,
      1000,
      2000,
      4000,
      5000,
      5000,
      5000,
      'over',
    ]);
    expect(drop(streaming, { random: 1 })).toMatchObject({ untilMs: 125 });
    expect(drop(streaming, { baseDelayMs: 1_000 })).toMatchObject({ untilMs: 1_000 });
  });

  it('counts from zero after an event', () => {
    expect(transition({ status: 'streaming', attempts: 7 }, { type: 'progress' }, policy)).toEqual(streaming);
  });

  it('asks at once when the page wakes online, but not before the wait that the server asked for', () => {
    const waiting = drop(streaming);
    expect(transition(waiting, { type: 'woken', nowMs: 1, isOnline: true }, policy)).toEqual({
      status: 'connecting',
      attempts: 1,
    });
    expect(transition(waiting, { type: 'woken', nowMs: 1, isOnline: false }, policy)).toBe(waiting);
    const held = drop(streaming, { error: new StreamFollowError('http-error', '', { retryAfterMs: 9_000 }) });
    expect(transition(held, { type: 'woken', nowMs: 1, isOnline: true }, policy)).toMatchObject({
      status: 'waiting',
      untilMs: 9_000,
    });
  });

  it('asks nothing while the page is offline, and gives up after the limit', () => {
    const offline = drop(streaming, { isOnline: false });
    expect(transition(offline, { type: 'elapsed', nowMs: 599_999 }, policy)).toBe(offline);
    expect(transition(offline, { type: 'elapsed', nowMs: 600_000 }, policy)).toMatchObject({
      status: 'over',
      error: { code: 'offline' },
    });
  });
});
