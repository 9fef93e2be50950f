import { writePlan } from './plan-file.ts';
import type { Failure, SimulationReport } from './run-simulation.ts';

const table = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
    .join(', ');

/** The time that a simulation took, in seconds: on the clock of the wall, and of the processor. */
export interface SecondsTaken {
  readonly real: number;
  readonly cpu: number;
}

/** The report in lines for a person. */
export function describeSimulation(
  { seed, episodes, counts, failure, hash }: SimulationReport,
  { real, cpu }: SecondsTaken,
): string {
  const hours = counts.streamMs / 3_600_000;
  const perMinute = (seconds: number): string => ((hours * 60) / seconds).toFixed(0);
  return [
    `simulation: seed ${seed}, ${episodes.toLocaleString('en')} episodes, ${hours.toFixed(1)} stream-hours`,
    `in ${real.toFixed(1)} s: ${perMinute(real)} stream-hours a minute, ${perMinute(cpu)} a minute of processor time`,
    `streams: ${counts.streams.toLocaleString('en')}, with ${counts.requests.toLocaleString('en')} requests over ${counts.connections.toLocaleString('en')} connections; processes killed: ${counts.deaths.toLocaleString('en')}`,
    `readers: ${counts.visits.toLocaleString('en')} visits, ${counts.readerEvents.toLocaleString('en')} events`,
    `by outcome: ${table(counts.outcomes)}`,
    `hash: ${hash}`,
    failure === undefined ? 'every promise was kept' : describeFailure(failure),
  ].join('\n');
}

/** A failure with the plan that repeats it. */
export function describeFailure({ episodeSeed, violations, plan }: Failure): string {
  return [
    `BROKEN in the episode ${episodeSeed}:`,
    ...violations.map(({ promise, detail }) => `  ${promise}: ${detail}`),
    `with these ${plan.events.length} events:`,
    writePlan(plan).trimEnd(),
    `to see it whole: pnpm simulate --episode ${episodeSeed} --trace`,
  ].join('\n');
}
