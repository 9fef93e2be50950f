import { stripTypeScriptTypes } from 'node:module';
import type { Random } from '../soak/random.ts';

/** One changed line of one file. */
export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: string;
  readonly before: string;
  readonly after: string;
}

interface Change {
  readonly kind: string;
  /** Returns every line that this change makes of one line. */
  readonly apply: (line: string) => readonly string[];
}

/** Replaces each place of a pattern by itself. */
function replacing(kind: string, pattern: RegExp, replacement: string): Change {
  return {
    kind,
    apply: (line) =>
      [...line.matchAll(pattern)].map((match) => {
        const [found] = match;
        return (
          line.slice(0, match.index) + found.replace(pattern, replacement) + line.slice(match.index + found.length)
        );
      }),
  };
}

const changes: readonly Change[] = [
  replacing('equality', / === /g, ' !== '),
  replacing('equality', / !== /g, ' === '),
  replacing('bound', / < /g, ' <= '),
  replacing('bound', / <= /g, ' < '),
  replacing('bound', / > /g, ' >= '),
  replacing('bound', / >= /g, ' > '),
  replacing('logic', / && /g, ' || '),
  replacing('logic', / \|\| /g, ' && '),
  replacing('logic', / \?\? /g, ' && '),
  replacing('truth', /\btrue\b/g, 'false'),
  replacing('truth', /\bfalse\b/g, 'true'),
  replacing('negation', /(?<=[ (])!(?=[\w#(])/g, ''),
  replacing('negation', /\bif \((.+)\)(?= \{$| [a-z])/g, 'if (!($1))'),
  replacing('sign', / \+ /g, ' - '),
  replacing('sign', / - /g, ' + '),
  replacing('sign', / \+= /g, ' -= '),
  replacing('sign', / -= /g, ' += '),
  replacing('number', /(?<=[ ([])0(?=[,;) ])/g, '1'),
  replacing('number', /(?<=[ ([])1(?=[,;) ])/g, '2'),
  replacing('choice', /\bMath\.min\b/g, 'Math.max'),
  replacing('choice', /\bMath\.max\b/g, 'Math.min'),
  replacing('choice', /([\w.#]+(?:\([^()]*\))?(?: [=!<>]==? [\w.#']+)?) \? ([^:?]+) : /g, '!($1) ? $2 : '),
  // A statement that does something: a call or an assignment.
  replacing(
    'statement',
    /^( +)(?:void |await )?(?:this|[a-z]\w*)[\w.#?!]*(?:\(.*\)|(?: [+-]?=| \?\?=| \|\|=| &&=) .+);$/g,
    '$1;',
  ),
  replacing('early return', /^( +)if \(.+\) return\b.*;$/g, '$1;'),
  replacing('early return', /^( +(?:#|static |readonly |get )?\w+\(.*\): void \{)$/g, '$1 return;'),
];

/** Returns every single-line change of a source that changes what runs. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const lines = source.split('\n');
  const plain = stripTypeScriptTypes(source);
  const mutants: Mutant[] = [];
  for (const [index, before] of lines.entries()) {
    if (/^\s*(?:\*|\/[/*]|import\b|export type\b)/.test(before)) continue;
    for (const { kind, apply } of changes) {
      // The field of a class without its value is another kind of change.
      if (kind === 'statement' && /^ {2}[\w#]+ = /.test(before)) continue;
      for (const after of apply(before)) {
        const changed = lines.with(index, after).join('\n');
        if (isDifferent(changed, plain)) mutants.push({ file, line: index + 1, kind, before, after });
      }
    }
  }
  return mutants;
}

function isDifferent(changed: string, plain: string): boolean {
  try {
    return stripTypeScriptTypes(changed) !== plain;
  } catch {
    // No program any more.
    return false;
  }
}

/** Picks some mutants, evenly over the kinds: there are far more of some than of others. */
export function pickMutants(mutants: readonly Mutant[], count: number, random: Random): Mutant[] {
  const byKind = Map.groupBy(mutants, ({ kind }) => kind);
  const left = [...byKind.values()].map((some) => [...some]);
  const picked: Mutant[] = [];
  while (picked.length < count && left.some((some) => some.length > 0)) {
    for (const some of left) {
      if (some.length === 0 || picked.length >= count) continue;
      picked.push(...some.splice(random.between(0, some.length - 1), 1));
    }
  }
  return picked;
}
