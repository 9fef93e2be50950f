import { interleave, medianMs, medianRatio } from '../measure/interleave.ts';
import type { Goal } from '../measure/goal.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';
import { cutEvery, makeInteractionWire, makeTextWire, type Script } from '../sse-parser/gemini-events.ts';
import { genai, makePeerContestants } from '../sse-parser/peer-contestants.ts';
import {
  bare,
  client,
  guard,
  interaction,
  makeGuardContestants,
  makeInteractionContestant,
  makeReadContestants,
  parse,
} from './read-contestants.ts';

const goalOf = (script: Script): string => `bytes to events, ${script}, x bare`;

/** Bytes to events with a merged response, at two sizes, and the cost of the guard; the peers over fewer events. */
export const measureRead = async (isQuick: boolean): Promise<Goal[]> => {
  const goals: Goal[] = [];
  const rounds = isQuick ? 9 : 15;
  const events = isQuick ? 2_000 : 8_000;
  const spent = new Map<string, number>();
  for (const script of ['ascii', 'wide'] as const satisfies readonly Script[]) {
    for (const count of [events / 2, events]) {
      const wire = makeTextWire(count, script);
      const contestants = makeReadContestants(cutEvery(wire, 16 * 1_024));
      const timings = await interleave(contestants, { rounds, warmUpRounds: 5, expected: count, collect: false });
      printTable(
        `${count} events of 645 bytes, ${script}, 16 KiB a chunk`,
        ['bytes to events', 'MB/s', 'x bare'],
        [bare, client].map((name) => [
          name,
          formatNumber(wire.bytes.length / 1e3 / medianMs(timings, name)),
          formatNumber(medianRatio(timings, name, bare)),
        ]),
      );
      spent.set(`${script} ${count}`, medianMs(timings, client));
      if (count === events) {
        const measured = medianRatio(timings, client, bare);
        goals.push({ what: goalOf(script), measured, most: 1.2, stretch: 1.1 });
      }
    }
  }
  const growth = (spent.get(`ascii ${events}`) ?? Number.NaN) / (spent.get(`ascii ${events / 2}`) ?? Number.NaN);
  goals.push({ what: 'events, growth for twice as many', measured: growth, most: 2.2 });

  const beside = [
    ...makeReadContestants(cutEvery(makeTextWire(events, 'ascii'), 16 * 1_024)),
    makeInteractionContestant(cutEvery(makeInteractionWire(events, 'ascii'), 16 * 1_024)),
  ];
  const both = await interleave(beside, { rounds, warmUpRounds: 5, expected: events, collect: false });
  const price = medianRatio(both, interaction, client);
  goals.push({ what: 'bytes to events, interaction, x generateContent', measured: price, most: 1.3 });

  const wire = makeTextWire(1_000, 'ascii');
  const decoder = new TextDecoder();
  const payloads = wire.payloads.map(([start, end]) => decoder.decode(wire.bytes.subarray(start, end)));
  const options = { rounds: rounds * 3, warmUpRounds: 10, expected: 1_000, collect: false };
  const looked = await interleave(makeGuardContestants(payloads), options);
  goals.push({ what: 'guard, x JSON.parse', measured: medianRatio(looked, guard, parse), most: 0.1, stretch: 0.05 });

  const few = makeTextWire(isQuick ? 500 : 2_000, 'ascii');
  const chunks = cutEvery(few, 16 * 1_024);
  const all = [...makeReadContestants(chunks), ...makePeerContestants(chunks)];
  const timings = await interleave(all, {
    rounds: isQuick ? 3 : 7,
    warmUpRounds: 2,
    expected: few.events,
    collect: false,
  });
  printTable(
    `${few.events} events beside other people's clients`,
    ['bytes to events', 'MB/s', 'x bare'],
    [...timings.keys()].map((name) => [
      name,
      formatNumber(few.bytes.length / 1e3 / medianMs(timings, name)),
      formatNumber(medianRatio(timings, name, bare)),
    ]),
  );
  const peer = { name: genai, measured: medianRatio(timings, genai, bare) };
  return goals.map((goal) => (goal.what === goalOf('ascii') ? { ...goal, peer } : goal));
};
