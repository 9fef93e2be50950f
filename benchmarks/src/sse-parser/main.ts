import { parseArgs } from 'node:util';
import { judgeGoals } from '../measure/judge-goals.ts';
import { medianRatio } from '../measure/interleave.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { growth, measureImages, printImageRuns } from './measure-image.ts';
import { cuts, measureAll, measureGrowth, measureOwn, printTextRun, type TextRun } from './measure-text.ts';
import { bare, floor, iteration, push } from './own-contestants.ts';
import { genai } from './peer-contestants.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const [events, rounds] = values.quick ? [4000, 11] : [12_000, 9];
const [peerEvents, peerRounds] = values.quick ? [1000, 3] : [2000, 2];

// In front of everything else: what follows grows the heap.
const images = await measureImages([2, 4, 8], false, values.quick ? 5 : 7);
const peerImages = await measureImages(values.quick ? [1, 2] : [2, 4, 8], true, 1);
printImageRuns('One event with an image, 16 KiB a chunk', images);
printImageRuns('The same with the peers, over fewer rounds', peerImages);

const own: TextRun[] = [];
for (const cut of cuts) own.push(await measureOwn(events, 'ascii', cut, rounds));
own.push(await measureOwn(events, 'wide', '16 KiB', rounds));
own.forEach(printTextRun);

const all: TextRun[] = [];
for (const cut of cuts) all.push(await measureAll(peerEvents, 'ascii', cut, peerRounds));
all.push(await measureAll(peerEvents, 'wide', '16 KiB', peerRounds));
console.log('\nWith the peers, over fewer events and rounds');
all.forEach(printTextRun);

const textGrowth = await measureGrowth(events, rounds);
const slivers = all.find(({ cut }) => cut === '64 bytes');
const chunked = all.find(({ script, cut }) => script === 'ascii' && cut === '16 KiB');
if (!slivers || !chunked) throw new Error('A run is missing.');
printTable(
  `From ${events / 2} to ${events} events, ascii, 16 KiB a chunk`,
  ['bytes to parsed JSON', 'growth'],
  [...textGrowth].map(([name, times]) => [name, formatNumber(times)]),
);

const largest = images.get(8) ?? new Map<string, readonly number[]>();
const worst = (name: string, base: string): number =>
  Math.max(...own.filter(({ cut }) => cut === '16 KiB').map(({ timings }) => medianRatio(timings, name, base)));

judgeGoals([
  {
    what: 'push, 16 KiB chunks, x bare',
    measured: worst(push, bare),
    most: 1.1,
    peer: { name: genai, measured: medianRatio(chunked.timings, genai, bare) },
  },
  { what: 'push, 16 KiB chunks, x floor', measured: worst(push, floor), stretch: 1.25 },
  { what: 'for await, 16 KiB chunks, x bare', measured: worst(iteration, bare), most: 1.15, stretch: 1.1 },
  {
    what: "64-byte slivers, x genai's speed",
    measured: medianRatio(slivers.timings, genai, push),
    least: 8,
    stretch: 10,
  },
  {
    what: 'one 8 MB event, x bare',
    measured: medianRatio(largest, push, bare),
    most: 1.15,
    ...(values.quick
      ? {}
      : { peer: { name: genai, measured: medianRatio(peerImages.get(8) ?? new Map(), genai, bare) } }),
  },
  {
    what: 'one event, growth from 4 to 8 MB',
    measured: growth(images, push, 4, 8),
    most: 2.2,
    ...(values.quick ? {} : { peer: { name: genai, measured: growth(peerImages, genai, 4, 8) } }),
  },
  { what: 'events, growth for twice as many', measured: textGrowth.get(push) ?? Number.NaN, most: 2.2 },
]);
