import { type JsonObject, textOr } from '../wire/json.ts';
import { pick, type Random } from '../wire/random.ts';
import { topicOf } from './topic.ts';

interface StringContext {
  readonly random: Random;
  readonly prompt: string;
}

const words = ['river', 'lantern', 'copper', 'meadow', 'signal', 'harbour', 'thread', 'window', 'garden', 'compass'];

const formats: Readonly<Record<string, (random: Random) => string>> = {
  date: (random) => `2026-${twoDigits(1 + random() * 12)}-${twoDigits(1 + random() * 28)}`,
  'date-time': (random) =>
    `2026-${twoDigits(1 + random() * 12)}-${twoDigits(1 + random() * 28)}T${twoDigits(random() * 24)}:30:00Z`,
  time: (random) => `${twoDigits(random() * 24)}:${twoDigits(random() * 60)}:00Z`,
  duration: () => 'PT15M',
  email: (random) => `${pick(random, words)}@example.com`,
  hostname: (random) => `${pick(random, words)}.example.com`,
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
  uri: (random) => `https://example.com/${pick(random, words)}`,
  uuid: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
};

/** A string that fits the schema's format and length; names and places are taken from the prompt. A `pattern` is not followed. */
export function schemaString(schema: JsonObject, name: string, { random, prompt }: StringContext): string {
  const format = formats[textOr(schema['format'], '')];
  const text = format === undefined ? wordsFor(name, prompt, random) : format(random);
  const least = Number(schema['minLength'] ?? 0);
  const most = Number(schema['maxLength'] ?? Math.max(least, text.length));
  const padded =
    text.length >= least ? text : `${text}${` ${pick(random, words)}`.repeat(Math.min(least, 10_000))}`.slice(0, least);
  return padded.slice(0, most);
}

function wordsFor(name: string, prompt: string, random: Random): string {
  const proper = prompt.match(/(?<=\s)\p{Lu}[\p{L}'-]+(?:\s\p{Lu}[\p{L}'-]+)*/gu) ?? [];
  if (/name|city|place|location|country|person|author|title|from|to|who|where/iu.test(name) && proper.length > 0)
    return pick(random, proper);
  if (/id$/iu.test(name)) return hex(random, 8);
  if (/description|text|summary|answer|reason|query|explanation|step/iu.test(name)) return `About ${topicOf(prompt)}`;
  return pick(random, words);
}

function twoDigits(value: number): string {
  return `${Math.floor(value)}`.padStart(2, '0');
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}
