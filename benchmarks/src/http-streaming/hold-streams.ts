import { holdStreams } from '../measure/hold-streams.ts';
import { contestants } from './contestants.ts';

await holdStreams(contestants);
