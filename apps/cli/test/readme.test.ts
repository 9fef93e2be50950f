import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../src/command-table.ts';
import { expectParses } from './parse-line.ts';

const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

describe('the README', () => {
  it.for(commandTable)('documents $name and each of its options', async (entry) => {
    expect(readme).toMatch(new RegExp(`^## .*\`${entry.name}`, 'm'));
    const command = await entry.load();
    if ('runWords' in command) return;
    const missing = Object.entries(command.options)
      .map(([option]) => `--${option}`)
      .filter((option) => !new RegExp(`${option}(?![a-z-])`).test(readme));
    expect(missing).toEqual([]);
  });

  it('shows only valid command lines', async () => {
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
    const lines = blocks
      .flatMap((block) => block.split('\n'))
      .flatMap((line) => line.split(/(?:^|\| )gemini-stream /)[1] ?? []);
    expect(lines.length).toBeGreaterThan(15);
    // Brackets are for a reader.
    for (const line of lines) await expectParses(line.replaceAll(/\[[^\]]*\]/g, ''));
  });

  it('links only to headings that exist', () => {
    const anchors = [...readme.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });
});

describe('--help', () => {
  it.for(commandTable)('of $name shows only valid examples', async (entry) => {
    const command = await entry.load();
    if ('runWords' in command) return;
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) await expectParses(line);
  });
});
