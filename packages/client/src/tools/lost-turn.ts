import { AttemptCounter } from '../answer/attempt-counter.ts';
import { chunkOf } from '../answer/event-content.ts';
import { conclude } from '../answer/outcome.ts';
import { ResponseMerger } from '../merge/merge-response.ts';
import type { Checkpoint, StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { FunctionCall } from '../wire/types.ts';
import { firstRound, roundOf, toolLoop, type ToolLoopPolicy, type ToolLoopState } from './tool-loop.ts';

/** A turn whose process was lost, as its events tell it. */
export interface LostTurn {
  /** The turn up to there. A call that is `running` has no result: its function runs again, or for the first time. */
  readonly state: ToolLoopState;
  /** Calls whose functions had begun, and whose results are not known. */
  readonly begun: readonly FunctionCall[];
  /** The events of the present answer. */
  readonly events: readonly StoredStreamEvent[];
  /** Whether an event has told that the present answer follows. */
  readonly isRoundTold: boolean;
  /** The model that was asked last; `undefined` if no event names one. */
  readonly model: string | undefined;
}

/** Reads a turn from its events: each is what {@link toolLoop} was given, or what it had done. Pure. */
export function readLostTurn(events: readonly StoredStreamEvent[], policy: ToolLoopPolicy): LostTurn {
  const counter = new AttemptCounter();
  let state = firstRound;
  let answer: StoredStreamEvent[] = [];
  let begun: FunctionCall[] = [];
  let toldRound = 1;
  const step = (event: Parameters<typeof toolLoop>[1]): void => {
    const round = roundOf(state);
    state = toolLoop(state, event, policy).state;
    if (roundOf(state) === round) return;
    answer = [];
    begun = [];
  };
  for (const event of events) {
    counter.note(event);
    if (event.type === 'round') toldRound = event.round;
    else if (event.type === 'tool-call') begun.push(event.call);
    else if (event.type === 'tool-result') {
      const { round, call, response, files, failure, durationMs } = event;
      begun = without(begun, call);
      const index = state.calls.findIndex((known) => known.status === 'running' && isSame(known.call, call));
      step({ type: 'call-end', round, index, result: { response, files, failure, durationMs } });
    } else if (event.type === 'checkpoint' && event.finishReason !== undefined) {
      step({ type: 'answer-end', answer: wholeAnswer(answer, event) });
    } else {
      answer.push(event);
      if (event.type === 'function-call-end' && event.candidate === 0) step({ type: 'call', call: event.call });
    }
  }
  return { state, begun, events: answer, isRoundTold: toldRound === roundOf(state), model: counter.model };
}

function wholeAnswer(
  events: readonly StoredStreamEvent[],
  { finishReason, usage, interactionId }: Checkpoint,
): StreamOutcome {
  const counter = new AttemptCounter();
  const merger = new ResponseMerger();
  for (const event of events) {
    counter.note(event);
    const chunk = chunkOf(event);
    if (chunk !== undefined) merger.add(chunk);
  }
  merger.add({ candidates: [{ index: 0, finishReason }] });
  const { all: attemptReports, model } = counter;
  return conclude({
    response: usage === undefined ? merger.response : { ...merger.response, usageMetadata: usage },
    text: merger.text(),
    model,
    attempts: attemptReports.length,
    attemptReports,
    isUsageFinal: true,
    facts: { interactionId },
  });
}

/** Two calls that are the same in everything are answered in any order. */
function isSame(one: FunctionCall, other: FunctionCall): boolean {
  return one.name === other.name && one.id === other.id && JSON.stringify(one.args) === JSON.stringify(other.args);
}

function without(calls: readonly FunctionCall[], ended: FunctionCall): FunctionCall[] {
  const index = calls.findIndex((call) => isSame(call, ended));
  return index < 0 ? [...calls] : calls.toSpliced(index, 1);
}
