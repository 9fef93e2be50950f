import { connectionScenarios } from './connection-scenarios.ts';
import { contentScenarios } from './content-scenarios.ts';
import { deliveryScenarios } from './delivery-scenarios.ts';
import { endingScenarios } from './ending-scenarios.ts';
import { frameScenarios } from './frame-scenarios.ts';
import { refusalScenarios } from './refusal-scenarios.ts';
import type { Scenario, ScenarioStep } from './scenario.ts';

const overHttp: readonly Scenario[] = [
  ...frameScenarios,
  ...deliveryScenarios,
  ...endingScenarios,
  ...refusalScenarios,
  ...contentScenarios,
];

/** Chaos leaves out what takes long or much even when all goes well. */
const tooMuchForChaos =
  /^(?:endless-|flood-|large-|long-|error-body-endless|comments-only|slow-drip|redirect-loop|late-headers)/u;
const chaosSteps: readonly ScenarioStep[] = overHttp
  .filter((scenario) => !tooMuchForChaos.test(scenario.name))
  .flatMap((scenario) => scenario.steps.slice(0, 1));

const chaos: Scenario = {
  name: 'chaos',
  description: 'A random one of the others for each request, or none; the seed in `x-emulator-seed` runs it again.',
  pick: 'by-seed',
  // As many good answers as bad ones: what recovers can be seen to recover.
  steps: [...chaosSteps, ...chaosSteps.map(() => ({ faults: [] }))],
};

/** The scenarios that come with the package. */
export const scenarios: readonly Scenario[] = [...overHttp, ...connectionScenarios, chaos];
