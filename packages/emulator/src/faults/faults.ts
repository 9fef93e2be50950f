import { buffered } from './buffered.ts';

/** Every fault by its name. A new one is a file of its own and a row here. */
export const faults = {
  buffered,
} as const;
