import type { ResolvedOptions } from '../emulator-options.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ScenarioProgress } from '../scenario/scenario-progress.ts';
import type { RequestLog } from './request-log.ts';

/** What the requests of one emulator share. */
export interface EmulatorContext {
  readonly options: ResolvedOptions;
  readonly log: RequestLog;
  readonly progress: ScenarioProgress;
  /** The scenario of requests that choose none. */
  readonly scenario: Scenario | undefined;
}
