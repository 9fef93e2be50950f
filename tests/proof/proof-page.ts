import { availableParallelism, cpus, release, type } from 'node:os';
import type { Proof } from './prove-package.ts';

/** One part of the proof, with its result. */
export interface ProofSection {
  readonly claim: string;
  /** A count with its unit, such as `7,847 cuts`. */
  readonly extent: string;
  readonly failures: number;
  readonly minutes: number;
  /** The file with the program or the tests, from the root. */
  readonly link: string;
  /** The parts that were left out, and why. */
  readonly without?: string | undefined;
}

/** Everything that the page shows. */
export interface ProofReport {
  /** The day, as `2026-01-31`. */
  readonly date: string;
  readonly sections: readonly ProofSection[];
  /** The parts that were not run, with the reason. */
  readonly skipped: readonly { readonly claim: string; readonly reason: string }[];
  readonly packages: ReadonlyMap<string, readonly Proof[]>;
}

/** Returns `docs/proof.md`. */
export function proofPage({ date, sections, skipped, packages }: ProofReport): string {
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`;
  const failures = sections.reduce((sum, section) => sum + section.failures, 0);
  const rows = sections.map(({ claim, extent, failures: failed, minutes, link }) => {
    return [`[${claim}](../${link})`, extent, failed === 0 ? 'all' : `**${failed} failed**`, minutes.toFixed(1)];
  });
  const exclusions = [
    ...sections.flatMap(({ claim, without }) => (without === undefined ? [] : [`${claim}: without ${without}`])),
    ...skipped.map(({ claim, reason }) => `${claim}: not run, ${reason}`),
  ];
  return `# Proof

This page is written by \`pnpm proof\`, which runs what takes too long for a change. Last run: ${date}, on ${type()} ${release()} with Node ${process.versions.node} and ${cores}. ${failures === 0 ? 'All of it held.' : `**${failures} failed.**`}

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="proof-dark.svg">
  <img alt="Four SDKs on hostile servers: how many of the cases end well, weakly and badly, alone and over our fetch." src="proof-light.svg">
</picture>

${table(['what holds', 'how often it was tried', 'held', 'minutes'], rows)}

## Each package, installed by its name

A release is published to a registry on the same machine. Each package is then installed in an empty project, a program uses it, and the examples of its README run. [The rehearsal](../tests/release/main.ts)

${matrix(packages)}

## What is left out

${exclusions.length === 0 ? 'Nothing.' : exclusions.map((line) => `- ${line}.`).join('\n')}
`;
}

/** Returns a row for each subject, and a column for each proof. */
function matrix(subjects: ReadonlyMap<string, readonly Proof[]>): string {
  const columns = [...subjects.values()][0]?.map(([what]) => what) ?? [];
  const rows = [...subjects].map(([name, proofs]) => [
    `\`${name}\``,
    ...proofs.map(([, failure]) => (failure === undefined ? 'ok' : '**failed**')),
  ]);
  return table(['package', ...columns], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
