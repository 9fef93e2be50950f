import type { Scenario } from './scenario.ts';

/** The scenarios that come with the package. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'buffered',
    description: 'A proxy collects the whole body and sends it at the end, with its length.',
    steps: [{ faults: [{ type: 'buffered' }] }],
  },
];
