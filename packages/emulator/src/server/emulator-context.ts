import type { Script } from '../answers/script.ts';
import type { Continuations } from '../answers/stream-answer.ts';
import type { Recorder } from '../cassette/recorder.ts';
import type { CassettePlayer } from '../cassette/replay.ts';
import type { ResolvedOptions } from '../emulator-options.ts';
import type { InteractionStore } from '../interactions/interaction-store.ts';
import type { InteractionAnswer } from '../interactions/stream-interaction.ts';
import type { Scenario, ScenarioProgress } from '../scenarios/scenario.ts';
import type { RequestLog } from './request-log.ts';

/** The state that the requests of one emulator share. */
export interface EmulatorContext {
  readonly options: ResolvedOptions;
  readonly log: RequestLog;
  readonly progress: ScenarioProgress;
  readonly script: Script;
  readonly continuations: Continuations;
  readonly interactions: InteractionStore;
  /** The tokens of interactions, each with the interaction that issued it. */
  readonly interactionTokens: Continuations<{ readonly answer: InteractionAnswer; readonly owner: string }>;
  /** The recorder, if the emulator forwards calls to another server. */
  readonly recorder: Recorder | undefined;
  /** The cassette that answers every call, if there is one. */
  readonly player: CassettePlayer | undefined;
  /** The scenario for requests that do not choose one. */
  readonly scenario: Scenario | undefined;
  /** Returns the origin without TLS. It is empty until the server listens. */
  origin(): string;
  /** Opens the listener of a scenario and returns its base URL. Rejects with a `TypeError` for an unknown name. */
  urlOf(scenario: string): Promise<string>;
}

/** The context of one listener. `ownScenario` is the scenario that the listener was opened for. */
export interface ListenerContext extends EmulatorContext {
  readonly ownScenario?: Scenario | undefined;
}
