import { oneStep, type Scenario } from './scenario.ts';

/** Streams of the Interactions API alone. On the other API they change nothing. */
export const interactionScenarios: readonly Scenario[] = [
  oneStep('no-done-sentinel', 'A stream of the Interactions API ends without [DONE].', { type: 'sentinel', data: '' }),
  oneStep('sparse-event-ids', 'Some events of an interaction have an id.', { type: 'event-ids', on: 'some' }),
  oneStep('no-event-ids', 'No event of a background interaction has an id.', { type: 'event-ids', on: 'none' }),
  oneStep('all-event-ids', 'Every event of an interaction has an id, in the foreground too.', { type: 'event-ids' }),
];
