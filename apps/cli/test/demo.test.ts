import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTimeoutMs, startCommand } from './run-command.ts';
import { expectParses } from './parse-line.ts';
import { runHere } from './run-here.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const words = ['one ', 'two ', 'three ', 'four ', 'five ', 'six'];
const recording = words
  .map((word, index) => ({
    candidates: [{ content: { parts: [{ text: word }] }, ...(index === 5 ? { finishReason: 'STOP' } : {}) }],
  }))
  .map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)
  .join('');

const chunkLine = /^\[\d+ms\] /;
function textsIn(part: string): string[] {
  return part
    .split('\n')
    .filter((line) => chunkLine.test(line))
    .map((line) => line.replace(chunkLine, ''));
}

describe('gemini-stream demo', { timeout: commandTimeoutMs }, () => {
  it('prints each chunk with its time, the analysis, and then the same answer buffered', async () => {
    const [path, report] = [await fileWith('six.sse', recording), join(folder, 'six.html')];
    const { stdout, exitCode } = await runHere(['demo', '--recording', path, '--report', report]);
    const [live = '', buffered = ''] = stdout.split(/^Buffered/m);
    expect(textsIn(live)).toEqual(words);
    expect(textsIn(buffered)).toEqual(words);
    const times = [...buffered.matchAll(/^\[(\d+)ms\]/gm)].map((match) => Number(match[1]));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(times[0] ?? 0);

    for (const name of ['first event', 'average interval', 'server to screen', 'event times', 'not in blocks']) {
      expect(live).toContain(name);
    }
    expect(live).toMatch(/not in blocks +live/);
    expect(buffered).toMatch(/6 events, buffered: nothing for \d+ ms/);
    // Live, each arrival stands under its sending; held back, all of them stand at the end, on a busy machine in two places.
    expect(live).toMatch(/^ {2}sent +[○2-9].*\n {2}arrived +[●2-9]/m);
    expect(buffered).toMatch(/^ {2}sent +[○2-9].*\n {2}arrived +[●2-9+]{1,2}$/m);
    expect(exitCode).toBe(/^ {2}✗ [fins]/m.test(live) ? 1 : 0);
    expect(live).toContain('○ sent by the server   ● arrived   2–9');
    expect(live).toContain('p50: half of the times are at most this');
    expect(live).not.toMatch(/p9[59]/);

    const page = await readFile(report, 'utf8');
    expect(page).toContain('<h3>Live</h3>');
    expect(page).toContain('<p>6 events, buffered</p>');
  });

  it('ends with its verdict and with valid commands to try next', async () => {
    const path = await fileWith('next.sse', recording);
    const { stdout } = await runHere(['demo', '--recording', path]);
    const [, end = ''] = stdout.split(/^Buffered/m);
    expect(end).toMatch(/^(?:✓ live: the first words came after|✗ over the limit: |– too few) .*$/m);
    const steps = end.split(/^Next\n/m)[1] ?? '';
    const lines = [...steps.matchAll(/^ {2}gemini-stream (.*?) {2,}\S/gm)].map(([, line = '']) => line);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) await expectParses(line);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('['))).toEqual([]);
    // A recording is not what a key is for.
    expect(steps).not.toContain('GEMINI_API_KEY');
  });

  it('sends one request to a server, and replays the answer through the buffering proxy', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 4 } });
    const { stdout } = await runHere(['demo', '--base-url', emulator.url, 'Count slowly from 1 to 6']);
    const [live = '', buffered = ''] = stdout.split(/^Buffered/m);
    expect(textsIn(live).join('')).toBe('1, 2, 3, 4, 5, 6.');
    expect(textsIn(buffered)).toEqual(textsIn(live));
    expect(buffered).toContain('events, buffered: nothing for');
    expect(emulator.requests).toHaveLength(1);
  });

  it('starts an emulator that counts to ten if there is no key', async () => {
    const child = startCommand(['demo']);
    if (child.stdout === null || child.stderr === null) throw new Error('expected pipes');
    // The rest takes as long as a person needs to see it.
    child.stdout.once('data', () => child.kill('SIGINT'));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(stdout).toContain('Live: Count slowly from 1 to 10');
    expect(stderr).toContain('emulator');
  });

  it('refuses a file that is not a recording in one line', async () => {
    const html = await fileWith('page.html', '<h1>Not a stream</h1>');
    for (const [path, message] of [
      [join(folder, 'nowhere.sse'), 'no such file'],
      [html, 'no server-sent events'],
      [folder, 'cannot read'],
    ] as const) {
      const run = await runHere(['demo', '--recording', path]);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr).toContain(message);
      expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});
