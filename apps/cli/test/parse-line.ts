import { expect } from 'vitest';
import { commandTable, defaultCommand } from '../src/command-table.ts';
import { parseInvocation } from '../src/command.ts';

/** The words of a line as a shell splits them, up to a pipe, a redirection or a comment. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([whole, double, single, bare]) => ({
    text: double ?? single ?? bare ?? '',
    isShells: /^[|<#]/.test(whole),
  }));
  const end = words.findIndex(({ isShells }) => isShells);
  return words.slice(0, end === -1 ? undefined : end).map(({ text }) => text);
}

/** Expects the command line after `gemini-stream` to be valid. */
export async function expectParses(line: string): Promise<void> {
  const [first = '', ...more] = wordsOf(line);
  const entry = commandTable.find(({ name }) => name === first);
  const command = await (entry ?? defaultCommand).load();
  if ('runWords' in command) return;
  expect(() => parseInvocation(entry === undefined ? [first, ...more] : more, command.options)).not.toThrow();
}
