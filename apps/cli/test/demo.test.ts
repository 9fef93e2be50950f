import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fileWith = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const chunkLine = /^\[\d+ms\] /;

describe.concurrent('gemini-stream demo', () => {
  it('shows each chunk with its time, the analysis, and then the same answer held back', async () => {
    const { stdout, stderr, exitCode } = await runCommand(['demo']);
    const [live = '', buffered = ''] = stdout.split(/^Buffered/m);
    const texts = (part: string): string[] =>
      part
        .split('\n')
        .filter((line) => chunkLine.test(line))
        .map((line) => line.replace(chunkLine, ''));
    expect(texts(live).join('')).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9, 10.');
    expect(texts(live).length).toBeGreaterThan(5);
    expect(texts(buffered)).toEqual(texts(live));
    const times = [...buffered.matchAll(/^\[(\d+)ms\]/gm)].map((match) => Number(match[1]));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(times[0] ?? 0);

    for (const name of ['first event', 'average interval', 'server to screen', 'event times', 'not in blocks']) {
      expect(live).toContain(name);
    }
    expect(live).toMatch(/not in blocks +live/);
    expect(buffered).toMatch(/events, buffered: nothing for \d+ ms/);
    // Live, each arrival stands under its sending; held back, all of them stand at the end.
    expect(live).toMatch(/^ {2}sent +[○2-9].*\n {2}arrived +[●2-9]/m);
    expect(buffered).toMatch(/^ {2}sent +[○2-9].*\n {2}arrived +[2-9+]{1,2}$/m);
    expect(stderr).toContain('emulator');
    expect(exitCode).toBe(live.includes('✗') ? 1 : 0);
  });

  it('plays a recorded stream', async () => {
    const events = Array.from({ length: 6 }, (_, index) => ({
      candidates: [
        { content: { parts: [{ text: `word${index} ` }] }, ...(index === 5 ? { finishReason: 'STOP' } : {}) },
      ],
    }));
    const path = await fileWith('six.sse', events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(''));
    const report = join(folder, 'six.html');
    const { stdout, exitCode } = await runCommand(['demo', '--recording', path, '--report', report]);
    expect(stdout).toMatch(/^\[\d+ms\] word0 $/m);
    expect(stdout).toMatch(/not in blocks +live/);
    expect(stdout).toMatch(/6 events, buffered/);
    const page = await readFile(report, 'utf8');
    expect(page).toContain('<h3>As it came</h3>');
    expect(page).toContain('>6 at once<');
    expect(exitCode).toBe(stdout.includes('✗') ? 1 : 0);
  });

  it('explains a recording that is none in one line', async () => {
    const html = await fileWith('page.html', '<h1>Not a stream</h1>');
    for (const [path, message] of [
      [join(folder, 'nowhere.sse'), 'no such file'],
      [html, 'no server-sent events'],
      [folder, 'cannot read'],
    ] as const) {
      const run = await runCommand(['demo', '--recording', path]);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr).toContain(message);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
