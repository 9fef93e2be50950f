import type { Proof } from './prove-package.ts';

/** Prints a matrix, a row for each subject, and below it what failed. Returns the number of failures. */
export function printMatrix(subjects: ReadonlyMap<string, readonly Proof[]>, print: (line: string) => void): number {
  const columns = [...subjects.values()][0]?.map(([what]) => what) ?? [];
  const first = Math.max(...[...subjects.keys()].map((subject) => subject.length));
  print(`\n${[''.padEnd(first), ...columns].join(' | ')}`);
  for (const [subject, proofs] of subjects) {
    const cells = proofs.map(([what, failure]) => (failure === undefined ? 'ok' : 'FAILED').padEnd(what.length));
    print([subject.padEnd(first), ...cells].join(' | '));
  }
  const failed = [...subjects].flatMap(([subject, proofs]) =>
    proofs.flatMap(([what, failure]) => (failure === undefined ? [] : [`\nFAILED ${subject}, ${what}: ${failure}`])),
  );
  for (const line of failed) print(line);
  return failed.length;
}
