import { createRandom, hashText, type Random } from '../wire/random.ts';
import type { Fault, Scenario } from './scenario.ts';

/** What a scenario does to one request. */
export interface ChosenStep {
  readonly faults: readonly Fault[];
  /** Decides all that is random about it. */
  readonly random: Random;
}

/** The step for the request that comes after `count` others of its conversation. Pure. */
export function chooseStep(scenario: Scenario | undefined, count: number, seed: number): ChosenStep {
  const random = createRandom(seed);
  if (scenario === undefined) return { faults: [], random };
  const isBySeed = scenario.pick === 'by-seed';
  const index = isBySeed ? Math.floor(random() * scenario.steps.length) : count % scenario.steps.length;
  const faults = scenario.steps[index]?.faults ?? [];
  return { faults: isBySeed ? faults.map((fault) => moveAround(fault, random)) : faults, random };
}

/** The seed of one request: given, or made of the emulator's own and what was asked. */
export function seedOf(given: number | undefined, base: number, conversation: string, count: number): number {
  return given ?? hashText(`${base}\n${conversation}\n${count}`);
}

/** By seed, not only what goes wrong differs but also where. */
function moveAround(fault: Fault, random: Random): Fault {
  return 'afterEvents' in fault && fault.afterEvents !== undefined && fault.afterEvents > 0
    ? { ...fault, afterEvents: 1 + Math.floor(random() * 6) }
    : fault;
}
