import type { AnswerFacts } from '../terminal/summary-line.ts';
import type { AnswerEvent } from './follow-stream.ts';

/** Shows one answer in one of the forms that can be asked for. */
export interface AnswerWriter {
  /** `atMs` is the time since the answer was asked for. */
  event(event: AnswerEvent, atMs: number): void;
  end(facts: AnswerFacts): void;
}
