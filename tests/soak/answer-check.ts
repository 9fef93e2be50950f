import type { GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import type { GapEvent } from '@gemini/stream-manager';

/** A prompt whose answer is known: numbered words, so that any of it that is lost, doubled or of another stream shows. */
export function promptFor(visit: number, wordsCount: number): { readonly prompt: string; readonly answer: string } {
  const answer = Array.from({ length: wordsCount }, (_, index) => `${visit}.${index + 1}`).join(' ');
  return { prompt: `Say ${answer}`, answer };
}

/** Checks the events of one reader against the answer that the server was asked for. */
export interface AnswerCheck {
  /** Looks at the next event, in its order. */
  event(event: GeminiStreamEvent | GapEvent): void;
  /** Looks at a piece of text alone. */
  text(piece: string): void;
  /** Looks at the outcome once the reader is done. */
  outcome(outcome: StreamOutcome): void;
}

/** A reader from the start. `complain` is called with one sentence for each thing that must not be. */
export function createAnswerCheck(answer: string, complain: (what: string) => void): AnswerCheck {
  let told = '';
  let hasGap = false;
  let ends = 0;
  /** How much text there was before each event, for the `retry` that makes some of it void. */
  const lengths: number[] = [];

  const text = (piece: string): void => {
    told += piece;
    const isOurs = hasGap ? answer.includes(piece) : answer.startsWith(told);
    if (!isOurs) complain(`told ${JSON.stringify(piece)} after ${told.length - piece.length} characters`);
  };
  return {
    text,
    event(event) {
      if (ends > 0) complain(`told a ${event.type} after the end`);
      lengths.push(told.length);
      if (event.type === 'text-delta' && event.candidate === 0) text(event.text);
      else if (event.type === 'gap') hasGap = true;
      else if (event.type === 'retry' && event.discardFrom !== undefined) {
        told = told.slice(0, lengths[event.discardFrom] ?? 0);
      } else if (event.type === 'end') {
        ends += 1;
        if (!hasGap && event.outcome.text !== told) complain(`ended with another text than was delivered`);
      }
    },
    outcome({ status, text: whole, error, finishReason, endedBy }) {
      if (!answer.startsWith(whole))
        complain(`ended with a text that was not sent: ${JSON.stringify(whole.slice(-40))}`);
      // After an early finish reason, a lost connection or silence counts as the end.
      if (status === 'completed' && endedBy === 'end' && whole !== answer) {
        complain(`completed with ${whole.length} of ${answer.length} characters`);
      }
      if (status === 'completed' && finishReason === undefined) complain('completed without a finish reason');
      if ((error === undefined) !== (status === 'completed' || status === 'blocked')) {
        complain(`${status} ${error === undefined ? 'without an error' : `with the error ${error.code}`}`);
      }
    },
  };
}
