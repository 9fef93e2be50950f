import { type Contestant, interleave, medianMs, medianRatio, type Timings } from '../measure/interleave.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { cutByEvent, cutEvery, makeTextWire, type Script, type Wire } from './gemini-events.ts';
import { bare, floor, makeOwnContestants, makeStreamContestants } from './own-contestants.ts';
import { makePeerContestants } from './peer-contestants.ts';

export type Cut = 'one event' | '16 KiB' | '64 bytes';

export const cuts: readonly Cut[] = ['one event', '16 KiB', '64 bytes'];

const cutWire = (wire: Wire, cut: Cut): Uint8Array[] => {
  if (cut === 'one event') return cutByEvent(wire);
  return cutEvery(wire, cut === '16 KiB' ? 16 * 1024 : 64);
};

export interface TextRun {
  readonly script: Script;
  readonly cut: Cut;
  readonly wire: Wire;
  readonly timings: Timings;
}

/** The four whose ratios are close. */
export const measureOwn = async (events: number, script: Script, cut: Cut, rounds: number): Promise<TextRun> => {
  const wire = makeTextWire(events, script);
  const contestants = makeOwnContestants(wire, cutWire(wire, cut));
  const options = { rounds, warmUpRounds: 5, expected: events, collect: false };
  return { script, cut, wire, timings: await interleave(contestants, options) };
};

/** All there are, over fewer events and rounds: they are far apart. */
export const measureAll = async (events: number, script: Script, cut: Cut, rounds: number): Promise<TextRun> => {
  const wire = makeTextWire(events, script);
  const chunks = cutWire(wire, cut);
  const contestants = [
    ...makeOwnContestants(wire, chunks),
    ...makeStreamContestants(chunks),
    ...makePeerContestants(chunks),
  ];
  const options = { rounds, warmUpRounds: 2, expected: events, collect: false };
  return { script, cut, wire, timings: await interleave(contestants, options) };
};

/** How many times as long twice as many events take, by contestant; both in the same rounds. */
export const measureGrowth = async (events: number, rounds: number): Promise<ReadonlyMap<string, number>> => {
  const make = (count: number): Contestant[] => {
    const wire = makeTextWire(count, 'ascii');
    return makeOwnContestants(wire, cutWire(wire, '16 KiB'));
  };
  const whole = make(events);
  const half = make(events / 2).map(({ name, run }) => ({ name: `${name}, half`, run: async () => 2 * (await run()) }));
  const options = { rounds, warmUpRounds: 5, expected: events, collect: false };
  const timings = await interleave([...whole, ...half], options);
  return new Map(whole.map(({ name }) => [name, medianRatio(timings, name, `${name}, half`)]));
};

export const printTextRun = ({ script, cut, wire, timings }: TextRun): void => {
  const rows = [...timings.keys()].map((name) => [
    name,
    formatNumber(wire.bytes.length / 1e3 / medianMs(timings, name)),
    formatNumber(medianRatio(timings, name, floor)),
    formatNumber(medianRatio(timings, name, bare)),
  ]);
  const title = `${wire.events} events of 645 bytes, ${script}, ${cut} a chunk`;
  printTable(title, ['bytes to parsed JSON', 'MB/s', 'x floor', 'x bare'], rows);
};
