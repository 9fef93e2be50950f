import type { Random } from '../wire/random.ts';
import { topicOf } from './topic.ts';

const items = [
  '**Begin small.** One case that works says more than ten that might.',
  '**Name things.** What has a name can be discussed.',
  '**Measure first.** A guess is only the start of a measurement.',
  '**Change one thing at a time.** Otherwise nobody knows which change helped.',
  '**Write it down.** A note outlives a memory.',
  '**Ask early.** A question costs less than a wrong turn.',
  '**Rest.** Many answers come when one has stopped looking.',
  '**Look at the limits.** What happens at zero, at one, at very many?',
  '**Keep what works.** Not every old way is a bad way.',
  '**Show it to somebody.** A second pair of eyes sees what the first skips.',
  '**Throw something away.** What is gone cannot break.',
  '**Finish.** Done has a quality of its own.',
];

/** A numbered list for a prompt that asks for tips, steps, reasons, ideas or items; `undefined` for others. */
export function composeList(prompt: string, random: Random): string | undefined {
  const match = /\b(\d{1,2}\s+)?(tips|steps|reasons|ideas|ways|rules|items|things|facts)\b/iu.exec(prompt);
  if (match === null) return undefined;
  const wanted = Math.min(Math.max(Number(match[1] ?? 5), 1), items.length);
  const shuffled = items.map((item) => ({ item, rank: random() })).toSorted((left, right) => left.rank - right.rank);
  const lines = shuffled.slice(0, wanted).map(({ item }, index) => `${index + 1}. ${item}`);
  return `Here is what matters for ${topicOf(prompt.replace(match[0], ''))}:\n\n${lines.join('\n')}`;
}
