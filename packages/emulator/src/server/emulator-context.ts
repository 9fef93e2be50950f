import type { Script } from '../answers/script.ts';
import type { Continuations } from '../answers/stream-answer.ts';
import type { Recorder } from '../cassette/recorder.ts';
import type { CassettePlayer } from '../cassette/replay.ts';
import type { ResolvedOptions } from '../emulator-options.ts';
import type { Scenario, ScenarioProgress } from '../scenarios/scenario.ts';
import type { RequestLog } from './request-log.ts';

/** What the requests of one emulator share. */
export interface EmulatorContext {
  readonly options: ResolvedOptions;
  readonly log: RequestLog;
  readonly progress: ScenarioProgress;
  readonly script: Script;
  readonly continuations: Continuations;
  /** Where every call is passed on to, if it is. */
  readonly recorder: Recorder | undefined;
  /** The cassette that answers every call, if one does. */
  readonly player: CassettePlayer | undefined;
  /** The scenario of requests that choose none. */
  readonly scenario: Scenario | undefined;
  /** The address without TLS; known once the server listens. */
  origin(): string;
  /** The base URL at which a scenario is met; opens what it listens with. Throws a `TypeError` for an unknown name. */
  urlOf(scenario: string): Promise<string>;
}

/** What one listener's requests have besides: a scenario that needs this listener. */
export interface ListenerContext extends EmulatorContext {
  readonly ownScenario?: Scenario | undefined;
}
