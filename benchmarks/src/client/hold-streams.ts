import { holdStreams } from '../measure/hold-streams.ts';
import { contestants } from './socket-contestants.ts';

await holdStreams(contestants);
