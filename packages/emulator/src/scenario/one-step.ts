import type { Fault, Scenario } from './scenario.ts';

/** A scenario that does the same to every request. */
export function oneStep(name: string, description: string, ...faults: readonly Fault[]): Scenario {
  return { name, description, steps: [{ faults }] };
}
