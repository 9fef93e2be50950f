import { spawnSync } from 'node:child_process';

// The command is what the package has; it exports nothing.
const { stdout, stderr } = spawnSync(
  process.execPath,
  ['node_modules/@gemini/cli/bin/gemini-stream.js', 'Say it works'],
  { env: { GEMINI_BASE_URL: process.env['EMULATOR_URL'] }, encoding: 'utf8' },
);
console.log(stdout.trimEnd() || stderr);
