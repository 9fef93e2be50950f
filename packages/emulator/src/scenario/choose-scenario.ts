import { resolveFault } from '../faults/apply-faults.ts';
import type { Fault, Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** A scenario by name. Throws a `TypeError` that lists the names there are. */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `scenario: expected one of ${scenarios.map((scenario) => scenario.name).join(', ')}; got ${name}`,
  );
}

/** The scenario that an option stands for, checked. Throws a `TypeError` for what is none. */
export function readScenario(value: string | Scenario | readonly Fault[]): Scenario {
  if (typeof value === 'string') return findScenario(value);
  const scenario = Array.isArray(value)
    ? { name: 'custom', description: 'Given as faults.', steps: [{ faults: value }] }
    : (value as Scenario);
  if (!Array.isArray(scenario.steps) || scenario.steps.length === 0) {
    throw new TypeError(`scenario ${scenario.name}: expected at least one step`);
  }
  for (const step of scenario.steps) for (const fault of step.faults) resolveFault(fault);
  return scenario;
}
