import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTable, defaultCommand } from '../src/command-table.ts';
import { parseInvocation } from '../src/command.ts';

const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

/** The words of a line as a shell splits them, up to a pipe, a redirection or a comment. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([whole, double, single, bare]) => ({
    text: double ?? single ?? bare ?? '',
    isShells: /^[|<#]/.test(whole),
  }));
  const end = words.findIndex(({ isShells }) => isShells);
  return words.slice(0, end === -1 ? undefined : end).map(({ text }) => text);
}

async function expectParses(line: string): Promise<void> {
  const [first = '', ...more] = wordsOf(line);
  const entry = commandTable.find(({ name }) => name === first);
  const command = await (entry ?? defaultCommand).load();
  if ('runWords' in command) return;
  expect(() => parseInvocation(entry === undefined ? [first, ...more] : more, command.options)).not.toThrow();
}

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
