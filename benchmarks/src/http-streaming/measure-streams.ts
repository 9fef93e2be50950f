import { fileURLToPath } from 'node:url';
import { measureApart } from '../measure/measure-apart.ts';

/** The cost of a number of concurrent streams. */
export interface StreamsCost {
  /** From the server's write to the event in hand, in microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUsPerEvent: number;
}

/** So many streams of one contestant, for so long. */
export interface StreamsLoad {
  readonly name: string;
  readonly origin: string;
  readonly streams: number;
  readonly perSecond: number;
  /** From the calls until what is measured. */
  readonly settleSeconds: number;
  readonly seconds: number;
}

const program = fileURLToPath(new URL('read-streams.ts', import.meta.url));

/** Reads so many streams at a human pace. */
export const measureStreams = (load: StreamsLoad): Promise<StreamsCost> => measureApart(program, load);
