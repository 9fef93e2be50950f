import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printMatrix } from '../proof/print-matrix.ts';
import { rehearse } from './rehearse.ts';

/**
 * `pnpm rehearse`: a release without the world. Publishes what is committed to a registry on this machine, then installs each
 * package by its name on Node 22, 24 and 26, Bun and Deno, and runs its README. Names after the command choose packages
 * (`pnpm rehearse client fetch`). Exits with 1 if anything failed.
 */
const target = await mkdtemp(join(tmpdir(), 'rehearsal-'));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
let failures = 0;
try {
  failures = printMatrix(await rehearse(target, { chosen: process.argv.slice(2), print }), print);
} finally {
  await rm(target, { recursive: true, force: true });
}
print(`\n${failures === 0 ? 'all of it holds' : `${failures} failed`}`);
process.exitCode = failures === 0 ? 0 : 1;
