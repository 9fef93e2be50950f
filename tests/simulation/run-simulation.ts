import { createHash } from 'node:crypto';
import type { BreakName } from './breaks.ts';
import type { EpisodeCounts, Violation } from './episode-record.ts';
import { Episode, type EpisodeOptions, type EpisodeReport } from './episode.ts';
import { makePlan } from './make-plan.ts';
import type { Plan } from './plan.ts';
import { shrinkPlan } from './shrink.ts';

/** How much, and by which chance. */
export interface SimulationOptions {
  /** Stream-hours. */
  readonly hours: number;
  readonly seed: number;
  /** Returns whether the time for the simulation is over. */
  readonly isTimeOver?: (() => boolean) | undefined;
  readonly broken?: BreakName | undefined;
  /** Called after each hundred episodes, with what there is so far. */
  readonly onProgress?: ((report: SimulationReport) => void) | undefined;
}

/** An episode that broke a promise. */
export interface Failure {
  readonly episodeSeed: number;
  readonly violations: readonly Violation[];
  /** With the few events that the failure needs. */
  readonly plan: Plan;
}

/** The figures of a simulation. */
export interface SimulationReport {
  readonly seed: number;
  readonly episodes: number;
  readonly counts: EpisodeCounts;
  readonly failure: Failure | undefined;
  /** Of everything that happened. */
  readonly hash: string;
}

/** Runs episodes until there are enough stream-hours, or until one breaks a promise, which is then shrunk. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationReport> {
  const { hours, seed, isTimeOver, broken, onProgress } = options;
  const hash = createHash('sha256');
  let counts: EpisodeCounts | undefined;
  let failure: Failure | undefined;
  let episodes = 0;
  const report = (): SimulationReport => {
    const digest = hash.copy().digest('hex').slice(0, 16);
    return { seed, episodes, counts: counts ?? noCounts, failure, hash: digest };
  };
  while ((counts?.streamMs ?? 0) < hours * 3_600_000 && isTimeOver?.() !== true) {
    const episodeSeed = seedOfEpisode(seed, episodes);
    const plan = makePlan(episodeSeed);
    const result = await runEpisode(plan, { broken });
    episodes += 1;
    hash.update(result.hash);
    counts = counts === undefined ? result.counts : addCounts(counts, result.counts);
    const [violation] = result.violations;
    if (violation !== undefined) {
      const isSame = async (candidate: Plan): Promise<boolean> => {
        const { violations } = await runEpisode(candidate, { broken });
        return violations.some(({ promise }) => promise === violation.promise);
      };
      const shrunk = await shrinkPlan(plan, isSame);
      const { violations } = await runEpisode(shrunk, { broken });
      failure = { episodeSeed, violations, plan: shrunk };
      break;
    }
    if (episodes % 100 === 0) onProgress?.(report());
  }
  return report();
}

/** Runs one episode. What goes wrong in the process outside of it counts as its violation. */
export async function runEpisode(plan: Plan, options: EpisodeOptions = {}): Promise<EpisodeReport> {
  const episode = new Episode(plan, options);
  const onError = (error: unknown): void =>
    episode.violate('nothing throws', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const onWarning = ({ message }: Error): void => episode.violate('Node does not warn', message);
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
  process.on('warning', onWarning);
  try {
    return await episode.run();
  } finally {
    process.off('unhandledRejection', onError);
    process.off('uncaughtException', onError);
    process.off('warning', onWarning);
  }
}

/** Returns the seed of an episode, with which it can be run alone. */
function seedOfEpisode(seed: number, index: number): number {
  let mixed = Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b);
  mixed ^= mixed >>> 13;
  return Math.imul(mixed, 0xc2b2ae35) >>> 0;
}

function addCounts(one: EpisodeCounts, other: EpisodeCounts): EpisodeCounts {
  const outcomes = { ...one.outcomes };
  for (const [name, count] of Object.entries(other.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + count;
  return {
    streams: one.streams + other.streams,
    streamMs: one.streamMs + other.streamMs,
    requests: one.requests + other.requests,
    connections: one.connections + other.connections,
    readerEvents: one.readerEvents + other.readerEvents,
    visits: one.visits + other.visits,
    tasks: one.tasks + other.tasks,
    deaths: one.deaths + other.deaths,
    outcomes,
  };
}

const noCounts: EpisodeCounts = {
  streams: 0,
  streamMs: 0,
  requests: 0,
  connections: 0,
  readerEvents: 0,
  visits: 0,
  tasks: 0,
  deaths: 0,
  outcomes: {},
};
