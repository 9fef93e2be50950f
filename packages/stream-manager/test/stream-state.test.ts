import { expect, it } from 'vitest';
import { queuedState, transition, type StreamState, type StreamStep } from '../src/stream-state.ts';

const start: StreamStep = { type: 'start', at: 2 };
const firstEvent: StreamStep = { type: 'first-event', at: 3 };
const end = (status: 'completed' | 'failed' | 'stopped'): StreamStep => ({ type: 'end', status, at: 4 });
const after = (...steps: StreamStep[]): StreamState => steps.reduce(transition, queuedState(1));

it.for<[string, StreamStep[], StreamState]>([
  ['is queued at first', [], { status: 'queued', createdAt: 1 }],
  ['is starting once it has a place', [start], { status: 'starting', createdAt: 1, startedAt: 2 }],
  [
    'is active from its first event',
    [start, firstEvent],
    { status: 'active', createdAt: 1, startedAt: 2, firstEventAt: 3 },
  ],
  [
    'can end without an event',
    [start, end('completed')],
    { status: 'completed', createdAt: 1, startedAt: 2, endedAt: 4 },
  ],
  ['can be stopped while it waits', [end('stopped')], { status: 'stopped', createdAt: 1, endedAt: 4 }],
  ['can fail while it waits', [end('failed')], { status: 'failed', createdAt: 1, endedAt: 4 }],
  ['does not become active before it starts', [firstEvent], { status: 'queued', createdAt: 1 }],
  ['starts once', [start, { type: 'start', at: 9 }], { status: 'starting', createdAt: 1, startedAt: 2 }],
])('a stream %s', ([, steps, expected]) => {
  expect(after(...steps)).toEqual(expected);
});

it.for(['completed', 'failed', 'stopped'] as const)('a %s stream stays the very same whatever comes', (status) => {
  const ended = after(start, firstEvent, end(status));
  for (const step of [start, firstEvent, end('completed'), end('failed'), end('stopped')]) {
    expect(transition(ended, step)).toBe(ended);
  }
});
