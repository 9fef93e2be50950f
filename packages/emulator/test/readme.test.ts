import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';
import { defaultEmulatorOptions, readCassette, scenarios } from '../src/index.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}README.md`, 'utf8');
const cassetteFormat = readFileSync(`${folder}../../docs/testing-with-the-emulator.md`, 'utf8');

// Each example is a process of its own, which takes seconds to start on a busy machine.
describe('the README', { timeout: 120_000 }, () => {
  it.for(
    [
      [/^data: \{"candidates".*\n200 10 server\n$/su],
      [/^http:\/\/127\.0\.0\.1:\d+\n$/u],
      [/^17 events\n$/u],
      [/^http:\/\/127\.0\.0\.1:\d+\n$/u],
    ].map(([expected], index) => [index, expected] as const),
  )('example %i of the README runs', async ([index, expected]) => {
    const example = readmeExamples(`${folder}README.md`)[index];
    const run = await runExample(example?.code ?? '', folder);
    expect(run).toMatchObject({ stderr: '', exitCode: 0 });
    expect(run.stdout).toMatch(expected ?? /^$/u);
  });

  it('the README lists every scenario in the order of --scenarios, and every option', () => {
    const table = /\n\| kind +\| scenarios.*?\n\n/su.exec(readme)?.[0] ?? '';
    const listed = [...table.matchAll(/`([^`]+)`/gu)].map(([, name]) => name);
    expect(listed).toEqual(scenarios.map(({ name }) => name));
    expect(Object.keys(defaultEmulatorOptions).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('the README shows a test of the example', () => {
    const example = readFileSync(`${folder}test/example-vitest.test.ts`, 'utf8');
    const shown = /^it\(.*?^}\);$/ms.exec(example)?.[0] ?? 'no test';
    expect(readme).toContain(shown);
  });

  it('the example of node:test passes', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@gemini/source', '--test', 'test/example-node-test.mjs'],
      { cwd: folder, env: { PATH: process.env['PATH'] } },
    );
    expect(stdout).toMatch(/pass 2\n/u);
  });
});

describe('the description of the cassette format', () => {
  it('the description of the cassette format shows a valid cassette', () => {
    const sample = /```ndjson\n(.*?)```/su.exec(cassetteFormat)?.[1] ?? '';
    const { exchanges } = readCassette(sample);
    expect(exchanges).toHaveLength(1);
    expect(Buffer.concat((exchanges[0]?.chunks ?? []).map(({ bytes }) => bytes)).toString()).toMatch(
      /^data: \{.*\}\r\n\r\n$/u,
    );
  });

  it('the description of the cassette format names every end of an exchange', () => {
    for (const how of ['complete', 'cut', 'reset', 'client-left', 'no-response'])
      expect(cassetteFormat).toContain(`\`${how}\``);
  });
});
