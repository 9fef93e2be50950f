import type { Scenario, ScenarioStep } from './scenario.ts';

/** Past this many conversations the ones longest unused are forgotten. */
const mostConversations = 10_000;

/** Which step of its scenario each conversation is at. */
export interface ScenarioProgress {
  /** The step for the next request of a conversation. */
  next(scenario: Scenario, conversation: string): ScenarioStep;
  clear(): void;
}

/** No conversation has begun. */
export function createScenarioProgress(): ScenarioProgress {
  const counts = new Map<string, number>();
  return {
    next(scenario, conversation) {
      const key = `${scenario.name} ${conversation}`;
      const count = counts.get(key) ?? 0;
      // Deleting first moves it to the end: the map's order is the order of use.
      counts.delete(key);
      counts.set(key, count + 1);
      if (counts.size > mostConversations)
        for (const oldest of counts.keys()) return forget(counts, oldest, scenario, count);
      return stepAt(scenario, count);
    },
    clear: () => counts.clear(),
  };
}

function forget(counts: Map<string, number>, oldest: string, scenario: Scenario, count: number): ScenarioStep {
  counts.delete(oldest);
  return stepAt(scenario, count);
}

function stepAt(scenario: Scenario, count: number): ScenarioStep {
  return scenario.steps[count % scenario.steps.length] ?? { faults: [] };
}
