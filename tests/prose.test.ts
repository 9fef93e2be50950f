import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './workspace-packages.ts';

/** A phrase that readers stumble over, and the plain way to say it. */
interface Phrase {
  readonly pattern: RegExp;
  readonly instead: string;
}

const phrases: readonly Phrase[] = [
  { pattern: /\bcannot be meant\b/, instead: 'invalid' },
  { pattern: /\b(?:that|which|it) is none\b|\bis none of them\b/, instead: 'is not a …' },
  { pattern: /\bbeg[iau]ns? anew\b|\banew\b/, instead: 'restarts, again' },
  { pattern: /\bwhat (?:had|has) come\b|\bhad come\b/, instead: 'the partial response, the text so far' },
  { pattern: /\b(?:declares?|are|is) void\b/, instead: 'discarded' },
  { pattern: /\bblots?\b|\bblotted\b/, instead: 'redact' },
  {
    pattern: /\/\*\*(?:\n\s*\*)? (?:What|Who|Whoever|Nobody|Somebody)\b/,
    instead: 'a docstring that begins with a verb or a noun',
  },
  { pattern: /(?<![-\w'])(?:nobody|somebody|anybody)\b(?!')/i, instead: 'name the subject' },
  { pattern: /\blets? go of\b/, instead: 'releases' },
  { pattern: /\b(?:goes|went) on\b/, instead: 'continues' },
  { pattern: /\b(?:is|are|was|were) told\b/, instead: 'gets, is reported' },
  { pattern: /\b(?:is|are) held by (?:a|the) (?:test|property)\b/, instead: 'has a test' },
  { pattern: /\bno business of\b|\bhalf an? (?:command|event|line)\b/, instead: 'say the fact' },
  { pattern: /\bwhoever\b|\bwho holds it\b/i, instead: 'anyone who; name the component' },
  { pattern: /\bhe(?:ld|ard) against its bar\b|\bagainst its bar\b/, instead: 'compared with its limit' },
  {
    pattern: /(?:^|[.:;] )(?:What|Who|Whoever) (?:is|has|comes|was|stands|can)\b[^?]*[.;]/,
    instead: 'name the subject',
  },
  { pattern: /(?:\/\/|^\s*\*|\/\*\*) Where\b[^?]*,/, instead: 'if' },
];

// Names of made-up keys, tools and streams in tests are no prose.
const exceptions =
  /-that-nobody-|nobody\.ndjson|['"`(]nobody['"`)]|function nobody|'caller' \| 'nobody'|call\('nobody'/;

function faultOf(line: string): string | undefined {
  if (exceptions.test(line)) return undefined;
  return phrases.find(({ pattern }) => pattern.test(line))?.instead;
}

/** The lines of a source that hold a comment or a string; all lines of a page. */
function proseOf(file: string): (readonly [number: number, line: string])[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const numbered = lines.map((line, index) => [index + 1, line] as const);
  if (file.endsWith('.md')) return numbered;
  // The first sentence of a docstring may be on its second line.
  const joined = numbered.map(([number, line]) =>
    line.trim() === '/**' ? ([number, `${line}\n${lines[number] ?? ''}`] as const) : ([number, line] as const),
  );
  return joined.filter(([, line]) => /\/\/|^\s*\*|\/\*\*|['"`]/.test(line));
}

describe('the check of prose', () => {
  it.for([
    '@throws TypeError for options that cannot be meant',
    '/** What a client said. */',
    '/**\n * What a client said over two lines,',
    'a server that nobody reads',
    'because whoever knows the id may read the stream',
    'the part that is none',
    'The answer begins anew.',
    '// Where the caller has left, the socket is closed.',
    'it keeps what had come',
    'Who holds it holds everything. What is no size makes the sum none.',
    'each figure against its bar',
    'Its subscribers are told.',
  ])('finds a fault in %j', (line) => {
    expect(faultOf(line)).toBeTypeOf('string');
  });

  it.for([
    'Returns the path, or `undefined` if there is none.',
    '// What does the server send then?',
    'What is a token?',
    'the folder where the file is',
    'The function returns void.',
    'Anyone who knows an id can read the stream.',
  ])('finds no fault in %j', (line) => {
    expect(faultOf(line)).toBeUndefined();
  });
});

it('no page, comment, message or test name has a phrase that readers stumble over', () => {
  const tracked = execFileSync('git', ['ls-files', '*.ts', '*.md', '*.mjs'], { cwd: root, encoding: 'utf8' });
  const files = tracked.split('\n').filter((file) => file !== '' && file !== 'tests/prose.test.ts');
  const faults = files.flatMap((file) =>
    proseOf(file).flatMap(([number, line]) => {
      const instead = faultOf(line);
      return instead === undefined ? [] : [`${file}:${number}: ${line.trim().slice(0, 100)} (better: ${instead})`];
    }),
  );
  expect(faults).toEqual([]);
});
