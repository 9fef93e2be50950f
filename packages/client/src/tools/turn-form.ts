import type { AnswerForm } from '../answer/answer-form.ts';
import type { StreamOutcome } from '../types.ts';
import type { InteractionStep } from '../wire/interaction-types.ts';
import type { LoopCall, LoopRound } from './tool-loop.ts';
import type { ToolSet } from './tool.ts';

/** The API of a stream whose answers may call functions. */
export interface TurnForm extends AnswerForm {
  /** Whether the request after a round needs the steps of all answers so far. */
  readonly needsSteps: boolean;
  /** The entries of `tools` that the request has itself. */
  readonly tools: readonly object[];
  /** Returns the same form with these tools in its requests. */
  withTools(tools: ToolSet): TurnForm;
  /** Returns the steps of a turn with its results, if the API has steps. */
  turnSteps(rounds: readonly LoopRound[]): readonly InteractionStep[] | undefined;
  /** Returns the form of the answer that follows the results of one. */
  next(answer: StreamOutcome, calls: readonly LoopCall[]): TurnForm;
}
