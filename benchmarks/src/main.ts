import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Runs each benchmark in a process of its own, with the arguments of this one; fails when one of them does. */
const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const { name } of folders) {
  const program = join(import.meta.dirname, name, 'main.ts');
  if (!existsSync(program)) continue;
  console.log(`\n# ${name}`);
  const options = [...process.execArgv, program, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, options, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
