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

describe('an answer with a finish reason or a blocked prompt', () => {
  it.for([
    ['end', undefined, stopped],
    ['reset', reset, stopped],
    ['idle', silent, stopped],
    ['end', undefined, blocked],
    ['reset', reset, blocked],
  ] as const)('an answer is complete if it ends between two events by %s', ([endedBy, error, response]) => {
    const state = judgeAnswer(response, { error, isInsideEvent: false });
    expect(state).toMatchObject({ isWhole: true, endedBy, error: undefined });
  });

  it.for([
    ['end', undefined, stopped],
    ['reset', reset, stopped],
    ['idle', silent, stopped],
    ['end', undefined, blocked],
    ['reset', reset, blocked],
  ] as const)('an answer is truncated if it ends inside an event by %s', ([endedBy, error, response]) => {
    const state = judgeAnswer(response, { error, isInsideEvent: true });
    expect(state).toMatchObject({ isWhole: false, endedBy, error: { code: 'truncated' } });
    expect(state.error?.cause).toBe(error);
  });

  it.for([
    ['error', timedOut],
    ['stop', left],
  ] as const)('an answer ends by %s if the error is not a lost connection or a silence', ([endedBy, error]) => {
    for (const isInsideEvent of [false, true]) {
      expect(judgeAnswer(stopped, { error, isInsideEvent })).toMatchObject({ isWhole: false, endedBy, error });
    }
  });
});

describe('an answer without a finish reason on every candidate', () => {
  it.for([unfinished, handedOver, {}])('an unfinished answer is truncated if its body ends: %j', (response) => {
    for (const isInsideEvent of [false, true]) {
      const state = judgeAnswer(response, { error: undefined, isInsideEvent });
      expect(state).toMatchObject({ isWhole: false, endedBy: 'end', error: { code: 'truncated' } });
    }
  });

  it.for([unfinished, handedOver, {}])('an unfinished answer has the error of its connection: %j', (response) => {
    for (const isInsideEvent of [false, true]) {
      const state = judgeAnswer(response, { error: reset, isInsideEvent });
      expect(state).toMatchObject({ isWhole: false, endedBy: 'error', error: reset });
    }
  });
});
