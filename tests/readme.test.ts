import { createEmulator } from '@gemini/emulator';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../scripts/readme-examples.ts';
import { publishedPackages, root } from './workspace-packages.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

it('runs the example of the README', async () => {
  await using emulator = await createEmulator();
  const [example] = readmeExamples(join(root, 'README.md'));
  // A folder from which the example's imports resolve: the root of the workspace depends on no package.
  const run = await runExample(example?.code ?? '', join(root, 'tests'), { GEMINI_BASE_URL: emulator.url });
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  // The verdict depends on how busy the machine is.
  expect(run.stdout).toMatch(/^.{20,}\ncompleted, [a-z]+\n$/s);
});

it('names every package, and links to files that are there', () => {
  for (const { manifest } of publishedPackages()) expect(readme).toContain(`\`${manifest.name}\``);
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

it('shows commands that the workspace has', () => {
  const { scripts, packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
    packageManager: string;
  };
  const commands = [...readme.matchAll(/^npx -y (pnpm@\S+) ([\w:-]+)/gm)];
  expect(commands.map((match) => match[2])).toEqual([
    'demo',
    'demo:web',
    'test',
    'gemini-stream',
    'gemini-stream',
    'pack:all',
  ]);
  for (const [, version, script = ''] of commands) {
    expect(version).toBe(packageManager);
    expect(scripts).toHaveProperty(script);
  }
});
