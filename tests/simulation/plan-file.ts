import type { Plan } from './plan.ts';

/** Writes a plan as JSON, in which numbers without a bound are words. */
export function writePlan(plan: Plan): string {
  const line = (value: unknown): string =>
    JSON.stringify(value, (_name, field: unknown) => (field === Infinity ? 'Infinity' : field));
  const { seed, world, events } = plan;
  const lines = events.map((event) => `    ${line(event)}`).join(',\n');
  return `{\n  "seed": ${seed},\n  "world": ${line(world)},\n  "events": [\n${lines}\n  ]\n}\n`;
}

/** Reads a plan that `writePlan` wrote. */
export function readPlan(text: string): Plan {
  return JSON.parse(text, (_name, field: unknown) => (field === 'Infinity' ? Infinity : field)) as Plan;
}
