import { GeminiError } from '../errors.ts';
import type { AttemptReport, Checkpoint, StoredStreamEvent } from '../types.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import { AttemptCounter } from './attempt-counter.ts';
import { isDiscard } from './discard.ts';
import { chunkOf } from './event-content.ts';
import type { NextStep } from './next-attempt.ts';

/** An answer whose process was lost, as its events tell it. */
export interface LostAnswer {
  /** The requests that were sent, as far as events report them. */
  readonly reports: readonly AttemptReport[];
  /** The model that was asked last; `undefined` if no event names one. */
  readonly model: string | undefined;
  /** The last place from which another request can continue the answer. */
  readonly checkpoint: Checkpoint | undefined;
  /** The content up to the checkpoint, which does not come again. */
  readonly settled: readonly GenerateContentResponse[];
  /** The content after it, which comes again. */
  readonly repeated: readonly GenerateContentResponse[];
  /** Something of the answer has reached the subscribers. */
  readonly hasContent: boolean;
  /** A call came in pieces after the checkpoint, or is not whole: what comes again cannot be compared with it. */
  readonly hasPieces: boolean;
}

/** Reads what is known of an answer from its events. Pure. */
export function readLostAnswer(events: readonly StoredStreamEvent[]): LostAnswer {
  const counter = new AttemptCounter();
  let content: GenerateContentResponse[] = [];
  /** How much of the content comes before the checkpoint. */
  let settledCount = 0;
  let checkpoint: Checkpoint | undefined;
  let hasContent = false;
  let hasPieces = false;
  let isCallOpen = false;
  for (const event of events) {
    counter.note(event);
    if (event.type === 'retry' || event.type === 'fallback') {
      // The answer begins again: an answer whose content stays is not retried.
      checkpoint = undefined;
      if (isDiscard(event)) {
        content = [];
        settledCount = 0;
        hasContent = false;
        hasPieces = false;
        isCallOpen = false;
      }
    } else if (event.type === 'checkpoint') {
      checkpoint = event;
      // A run is followed from its start.
      if (event.continuationToken === undefined) continue;
      settledCount = content.length;
      hasPieces = isCallOpen;
    } else if (event.type === 'function-call-start') isCallOpen = true;
    else if (event.type === 'function-call-delta') hasPieces = true;
    else {
      if (event.type === 'function-call-end') isCallOpen = false;
      const chunk = chunkOf(event);
      if (chunk === undefined) continue;
      content.push(chunk);
      // A status of the model is not content.
      hasContent ||= chunk.candidates !== undefined;
    }
  }
  counter.end('producer-lost');
  return {
    reports: counter.all,
    model: counter.model,
    checkpoint,
    settled: content.slice(0, settledCount),
    repeated: content.slice(settledCount),
    hasContent: hasContent || hasPieces || isCallOpen,
    hasPieces: hasPieces || isCallOpen,
  };
}

/** The facts that decide what follows an answer whose process was lost. */
export interface LossFacts {
  /** Another request may continue the answer: there is a checkpoint, and what comes again can be compared. */
  readonly canResume: boolean;
  /** The request may be sent again from its start. */
  readonly mayRepeat: boolean;
  readonly hasContent: boolean;
  /** The caller allows content to be discarded. */
  readonly restart: boolean;
}

/** Decides what follows an answer whose process was lost. `outcome`: nothing can, and it ends as `producer-lost`. Pure. */
export function nextAfterLoss({ canResume, mayRepeat, hasContent, restart }: LossFacts): NextStep {
  if (canResume) return { type: 'resume', delayMs: 0 };
  if (!mayRepeat) return { type: 'outcome' };
  if (!hasContent) return { type: 'retry', delayMs: 0 };
  return restart ? { type: 'restart', delayMs: 0 } : { type: 'outcome' };
}

/** Returns the error of a stream whose process was lost and that nothing can continue. */
export function producerLost(reason = 'its answer cannot be continued'): GeminiError {
  const message = `the process that ran the stream was lost, and ${reason}`;
  return new GeminiError('producer-lost', message, { retryable: true });
}
