import { GeminiError, type GenerateContentResponse } from '@gemini/client';
import { describe, expect, it } from 'vitest';
import { judgeAnswer } from '../src/answer/outcome.ts';

const stopped: GenerateContentResponse = { candidates: [{ finishReason: 'STOP' }] };
const unfinished: GenerateContentResponse = { candidates: [{ finishReason: 'STOP' }, { index: 1 }] };
const handedOver: GenerateContentResponse = { candidates: [{ finishReason: 'CONTINUATION' }] };
const blocked: GenerateContentResponse = { promptFeedback: { blockReason: 'SAFETY' } };

const reset = new GeminiError('connection-lost', 'lost');
const silent = new GeminiError('idle-timeout', 'silent');
const timedOut = new GeminiError('total-timeout', 'late');
const left = new GeminiError('stopped', 'left');

describe('an answer that has a finish reason, and whose prompt was or was not blocked,', () => {
  it.for([
    ['end', undefined, stopped],
    ['reset', reset, stopped],
    ['idle', silent, stopped],
    ['end', undefined, blocked],
    ['reset', reset, blocked],
  ] as const)('is whole after an end at a border by %s', ([endedBy, error, response]) => {
    const state = judgeAnswer(response, { error, isInsideEvent: false });
    expect(state).toMatchObject({ isWhole: true, endedBy, error: undefined });
  });

  it.for([
    ['end', undefined, stopped],
    ['reset', reset, stopped],
    ['idle', silent, stopped],
    ['end', undefined, blocked],
    ['reset', reset, blocked],
  ] as const)('is truncated after an end inside an event by %s', ([endedBy, error, response]) => {
    const state = judgeAnswer(response, { error, isInsideEvent: true });
    expect(state).toMatchObject({ isWhole: false, endedBy, error: { code: 'truncated' } });
    expect(state.error?.cause).toBe(error);
  });

  it.for([
    ['error', timedOut],
    ['stop', left],
  ] as const)('ends by %s if more than the wire broke, inside an event or not', ([endedBy, error]) => {
    for (const isInsideEvent of [false, true]) {
      expect(judgeAnswer(stopped, { error, isInsideEvent })).toMatchObject({ isWhole: false, endedBy, error });
    }
  });
});

describe('an answer without a finish reason on every candidate', () => {
  it.for([unfinished, handedOver, {}])('is truncated after an end by itself: %j', (response) => {
    for (const isInsideEvent of [false, true]) {
      const state = judgeAnswer(response, { error: undefined, isInsideEvent });
      expect(state).toMatchObject({ isWhole: false, endedBy: 'end', error: { code: 'truncated' } });
    }
  });

  it.for([unfinished, handedOver, {}])('fails as the connection failed: %j', (response) => {
    for (const isInsideEvent of [false, true]) {
      const state = judgeAnswer(response, { error: reset, isInsideEvent });
      expect(state).toMatchObject({ isWhole: false, endedBy: 'error', error: reset });
    }
  });
});
