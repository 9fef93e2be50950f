import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkdownBlocks } from '../src/terminal/markdown-blocks.ts';
import { MarkdownScreen } from '../src/terminal/markdown-screen.ts';
import type { Output, TerminalSize } from '../src/terminal/output.ts';
import { SmallTerminal } from './small-terminal.ts';

/** A Markdown screen in a terminal: its rows, and all that was written. */
function openTerminal(columns = 40, rows = 24, hasColours = false) {
  const terminal = new SmallTerminal(columns, rows);
  let size: TerminalSize = { columns, rows };
  let written = '';
  const output = {
    paint(text: string) {
      written += text;
      terminal.write(text);
    },
    get size() {
      return size;
    },
    style: (_style: unknown, text: string) => (hasColours ? `\u001b[1m${text}\u001b[22m` : text),
  } as unknown as Output;
  return {
    screen: new MarkdownScreen(output),
    terminal,
    resize: (next: TerminalSize) => (size = next),
    get written() {
      return written;
    },
  };
}

function shown(pieces: readonly string[], columns = 40, rows = 24): string {
  const { screen, terminal } = openTerminal(columns, rows);
  for (const piece of pieces) screen.write(piece);
  screen.endLine();
  return terminal.text;
}

const page = `# Tides

The **moon** pulls the _water_ of the oceans, see [the page](https://example.org/tides).
It does so twice a day.

- one
  - a nested item with \`code\`
- two

3. three
4. four

\`\`\`js
const a = 1;

  if (a) run(); // a line that is longer than the terminal is wide
\`\`\`

| port | height |
|------|-------:|
| Brest | 7 |

> a quotation
> of two lines

The end.`;

describe('Markdown in a terminal', () => {
  it('has headings, lists, tables and code', () => {
    const text = shown([page]);
    expect(text).toMatch(/^Tides\n\nThe moon pulls the water/);
    expect(text).toContain('(https://example.org/tides)');
    expect(text).toContain(
      '- one\n  - a nested item with code\n- two\n\n3. three\n4. four\n\nconst a = 1;\n\n  if (a) run();',
    );
    expect(text).toContain('│ Brest │');
    expect(text).toContain('│ a quotation of two lines\n\nThe end.');
    expect(text).not.toMatch(/\*\*|```|\[the page\]/);
  });

  it.for([24, 6, 3])('is the same for every split of the text, in %i rows', (height) => {
    const whole = shown([page], 40, height);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (lengths) => {
        const pieces: string[] = [];
        for (let start = 0, index = 0; start < page.length; index += 1) {
          const length = lengths[index % lengths.length] ?? 1;
          pieces.push(page.slice(start, start + length));
          start += length;
        }
        expect(shown(pieces, 40, height)).toBe(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('shows each piece at once, and draws it again when its meaning is known', () => {
    const { screen, terminal } = openTerminal();
    screen.write('Some **bo');
    expect(terminal.text).toBe('Some **bo');
    screen.write('ld** text');
    expect(terminal.text).toBe('Some bold text');
    screen.write('\n\n```\nlet x');
    expect(terminal.text).toBe('Some bold text\n\nlet x');
    screen.write(' = 1;\n```');
    expect(terminal.text).toBe('Some bold text\n\nlet x = 1;');
  });

  it.for([
    ['quotations', '> '.repeat(5_000)],
    ['quotations in lists', `${'- > '.repeat(2_000)}\n`],
    ['emphasis', '_a*'.repeat(2_000)],
    ['quotations that are no problem', '> '.repeat(11)],
  ] as const)('shows text that is nested too deep, or has too many marks, as it is: %s', ([, hostile]) => {
    expect(shown([`Before.\n\n${hostile}end\n\nAfter.`], 80, 200)).toMatch(/^Before\.\n[^]*end\n[^]*After\.$/);
    if (hostile.includes('_a*')) expect(shown([hostile], 80, 200).replaceAll('\n', '')).toBe(hostile);
  });

  it('has no empty block after a line that is nested too deep, and a rule is no such line', () => {
    const blocks = new MarkdownBlocks();
    const deep = '> '.repeat(20);
    expect(blocks.push(`${deep}a\n${deep}b`).map(({ source }) => source)).toEqual([`${deep}a\n`]);
    expect(blocks.finish().map(({ source }) => source)).toEqual([`${deep}b`]);
    expect(shown(['- '.repeat(20), '\n\nend'])).toMatch(/^—+\n\nend$/);
  });

  it('reads a long piece once, however many blocks it has', () => {
    const blocks = new MarkdownBlocks();
    const lines = blocks.push('```a\nx\n```\n\n~~~\ny\n~~~\ntext\n\n'.repeat(20_000));
    expect(lines).toHaveLength(60_000);
    expect(lines.slice(0, 3).map(({ type, source }) => [type, source.trimEnd()])).toEqual([
      ['code', 'x'],
      ['code', 'y'],
      ['markdown', 'text'],
    ]);
  });

  it('writes only what is new while a line grows', () => {
    const run = openTerminal();
    run.screen.write('one');
    run.screen.write(' two');
    expect(run.written).toBe('one two');
  });

  it('keeps a block that is taller than the terminal within it, and shows all of it in the end', () => {
    const items = Array.from({ length: 30 }, (_, index) => `| row ${index} | x |`);
    const { screen, terminal } = openTerminal(40, 6);
    for (const line of ['| a | b |', '|---|---|', ...items]) screen.write(`${line}\n`);
    expect(terminal.text.split('\n').length).toBeLessThanOrEqual(6);
    expect(terminal.text).toContain('row 29');
    screen.endLine();
    expect(terminal.text.match(/row \d+/g)).toHaveLength(30);
  });

  it('never passes a character of the model to the terminal that the terminal obeys', () => {
    const hostile = [
      '\u001b[2J',
      '\u001b]8;;https://evil\u0007x',
      '&#x202e;a',
      '&#13;b',
      '&#27;[31m',
      '&rlm;',
      '[a](http://x/&#x202e;y)',
      '`\u009b2J`',
      '```\n\u001b]52;c;x\u0007\n```',
      '| a\u001b |\n|---|\n| &lrm; |\n\n',
    ];
    for (const text of hostile) {
      for (let cut = 0; cut <= text.length; cut += 1) {
        const run = openTerminal(60, 24, true);
        run.screen.write(text.slice(0, cut));
        run.screen.write(text.slice(cut));
        run.screen.endLine();
        const own = run.written.replaceAll(/\u001b\[(?:[\d;]*m|\d+A|J)/g, '').replaceAll('\r', '');
        expect(own).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/,
        );
        // A carriage return is only before an erasure.
        expect(run.written).not.toMatch(/\r(?!\u001b\[J)/);
      }
    }
  });

  it('cuts a block without an end, so that a piece costs the same at any length', () => {
    const { screen, terminal } = openTerminal(80, 10);
    for (let piece = 0; piece < 400; piece += 1) screen.write('word '.repeat(20));
    screen.endLine();
    expect(terminal.text.match(/word/g)).toHaveLength(8_000);
  });
});
