import type { BesideLargeLoad, Delays } from './measure-large-event.ts';
import { contestants } from './socket-contestants.ts';

/** Reads small events beside large ones of another stream, and prints how late the small ones came. */
const { name, origin, largeEvents, largeBytes } = JSON.parse(process.argv[2] ?? '') as BesideLargeLoad;
const read = contestants[name];
if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

const perSecond = 200;
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

let isMeasuring = false;
const delays: number[] = [];
const small = (): Promise<void> =>
  read(`${origin}/${perSecond * 100}/${perSecond}`, (text) => {
    if (isMeasuring) delays.push(now() - Number(text.slice(0, 16)));
  });
const large = (events: number): Promise<void> => read(`${origin}/${events}/8/1/${largeBytes}`, () => {});

for (let count = 0; count < 20; count += 1) await read(`${origin}/100/0`, () => {});
await large(4);
void small();
await large(2);
isMeasuring = true;
await large(largeEvents);
const sorted = delays.toSorted((left, right) => left - right);
const at = (share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
console.log(JSON.stringify({ p50Us: at(0.5), p99Us: at(0.99), maxUs: at(1) } satisfies Delays));
process.exit();
