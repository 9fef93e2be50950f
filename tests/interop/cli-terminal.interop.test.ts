import { createEmulator, type Recording } from '@gemini/emulator';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { builtCommand, runInTerminal } from './terminal.ts';

const [enter, ctrlC, ctrlD, escape] = ['\r', '\u0003', '\u0004', '\u001b'];
const summary = /first \d+ ms · (?:\d+ tok\/s · )?\d+ tok · gaps p50 \d+ max \d+ ms [▁-█]+ · live/;

const chunk = (text: string, finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, finishReason }] })}\r\n\r\n`;
const recordingOf = (...texts: readonly string[]): Recording => ({
  body: Buffer.from(texts.map((text) => chunk(text)).join('') + chunk('', 'STOP')),
  chunkBytes: 'event',
});

describe.concurrent('in a terminal, an answer', () => {
  it('is printed as it is generated, with one dim line under it', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 40, burst: 1, timeToFirstTokenMs: 100 } });
    const run = runInTerminal(['Count from 1 to 12'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/1, 2,/);
    expect(emulator.requests[0]?.closedAt).toBeUndefined();
    expect(await run.ended).toBe(0);
    expect(run.screen).toMatch(new RegExp(`12\\.\r\n${escape}\\[2m${summary.source}${escape}\\[22m\r\n$`));
  });

  it('has no colours with NO_COLOR', async () => {
    await using emulator = await createEmulator();
    const run = runInTerminal(['--thinking', 'Why?'], { GEMINI_BASE_URL: emulator.url, NO_COLOR: '1' });
    expect(await run.ended).toBe(0);
    expect(run.screen).toContain('**');
    expect(run.screen).not.toContain(escape);
  });

  it('shows thoughts dim, and the answer apart from them', async () => {
    await using emulator = await createEmulator();
    const run = runInTerminal(['--thinking', 'Why?'], { GEMINI_BASE_URL: emulator.url });
    expect(await run.ended).toBe(0);
    expect(run.screen).toMatch(new RegExp(`^${escape}\\[2m\\*\\*.*${escape}\\[22m\\r?\\n?[^\\n${escape}]`, 's'));
  });

  it('stops at Ctrl-C, keeps its text, and closes the connection', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 4, burst: 1 } });
    const run = runInTerminal(['Count from 1 to 100'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/1, 2,/);
    run.type(ctrlC);
    expect(await run.ended).toBe(130);
    expect(run.screen).toMatch(/\n[^\n]*· stopped ·[^\n]*\n$/);
    const [request] = emulator.requests;
    expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });

  const hostile = {
    'the clipboard (OSC 52)': `${escape}]52;c;ZXZpbA==\u0007`,
    'the title': `${escape}]0;owned${escape}\\`,
    'the screen': `${escape}[2J${escape}[H`,
    'a C1 sequence': '\u009d0;owned\u009c',
    'the direction of writing': '\u202etxt.exe\u2066\u200f\u061c',
    'a line that is overwritten': 'safe\rrm -rf\b\u2028',
  };
  it.for(Object.entries(hostile))('cannot reach %s, whole or split anywhere', async ([, text]) => {
    const splits = Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)]);
    await using emulator = await createEmulator({ recording: recordingOf(text, ...splits.flat()) });
    // Without our own colours no control character is left but the line ends.
    const run = runInTerminal(['--no-wrap', 'hi'], { GEMINI_BASE_URL: emulator.url, NO_COLOR: '1' });
    expect(await run.ended).toBe(0);
    expect(run.screen).not.toMatch(
      /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)/,
    );
    const shown = run.screen.split('\r\n')[0] ?? '';
    expect(shown.length).toBeGreaterThan(splits.length * text.length);
    // The screen moves its cursor, and does nothing else.
    const rendered = runInTerminal(['--render', 'hi'], { GEMINI_BASE_URL: emulator.url, NO_COLOR: '1' });
    expect(await rendered.ended).toBe(0);
    const own = rendered.screen.replaceAll(/\u001b\[\d+A|\r?\u001b\[J/g, '');
    expect(own).not.toMatch(
      /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)/,
    );
  });

  it('is escaped in errors, in JSON and with times', async () => {
    const text = hostile['the clipboard (OSC 52)'];
    const body = Buffer.from(`data: ${JSON.stringify({ error: { code: 400, status: text, message: text } })}\r\n\r\n`);
    await using failing = await createEmulator({ recording: { body } });
    await using answering = await createEmulator({ recording: recordingOf(text) });
    for (const [words, url, exitCode] of [
      [['hi'], failing.url, 1],
      [['--json', 'hi'], answering.url, 0],
      [['--timing', 'hi'], answering.url, 0],
    ] as const) {
      const run = runInTerminal(words, { GEMINI_BASE_URL: url, NO_COLOR: '1' });
      expect(await run.ended).toBe(exitCode);
      expect(run.screen).toContain('52;c;');
      expect(run.screen).not.toContain(escape);
    }
  });
});

describe.concurrent('in a terminal, a conversation', () => {
  it('has a history, treats a paste as one message, and ends at /exit', async () => {
    await using emulator = await createEmulator();
    const run = runInTerminal(['chat'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/Ctrl-D leaves/);
    await run.shows(/> /);
    run.type(`My name is Ada.${enter}`);
    await run.shows(/Ada\.[^\n]*\n[^]*> /);
    run.type(`One line${enter}and another${enter}`);
    await run.shows(/· \w+[^\n]*\n[^]*> /);
    run.type(`What is my name?${enter}`);
    await run.shows(/Your name is Ada/);
    await run.shows(/> /);
    run.type(`/exit${enter}`);
    expect(await run.ended).toBe(0);
    expect(
      emulator.requests.map(({ body }) => (body as { contents: { parts: unknown }[] }).contents.at(-1)?.parts),
    ).toEqual([[{ text: 'My name is Ada.' }], [{ text: 'One line\nand another' }], [{ text: 'What is my name?' }]]);
  });

  it('keeps the partial answer at Ctrl-C and continues, and ends at the second', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 8, burst: 1 } });
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const file = join(folder, 'talk.json');
    const run = runInTerminal(['chat', '--resume', file], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/> /);
    run.type(`Count from 1 to 100${enter}`);
    await run.shows(/1, 2, 3,/);
    run.type(ctrlC);
    await run.shows(/stopped/);
    await run.shows(/> /);
    run.type(`Say yes${enter}`);
    await run.shows(/yes/);
    await run.shows(/> /);
    run.type(ctrlC);
    await run.shows(/Ctrl-C again leaves/);
    await run.shows(/> /);
    run.type(ctrlC);
    expect(await run.ended).toBe(130);
    const kept = JSON.parse(await readFile(file, 'utf8')) as { role: string; parts: { text: string }[] }[];
    await rm(folder, { recursive: true });
    expect(kept.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model']);
    expect(kept[1]?.parts.map(({ text }) => text).join('')).toMatch(/^1, 2, 3,[\d, ]*$/);
  });

  it('ends at Ctrl-D', async () => {
    await using emulator = await createEmulator();
    const run = runInTerminal(['chat'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/> /);
    run.type(ctrlD);
    expect(await run.ended).toBe(0);
  });
});

describe.concurrent('in a terminal, a command that is recorded', () => {
  it('stops at one Ctrl-C and keeps the recording', async () => {
    await using emulator = await createEmulator();
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const file = join(folder, 'tape.ndjson');
    const program = `
      process.on('SIGINT', () => { console.log('heard'); setTimeout(() => process.exit(9), 300); });
      setInterval(() => {}, 1_000);
      console.log('ready');
    `;
    const words = ['record', file, '--', process.execPath, '-e', program];
    const run = runInTerminal(words, { GEMINI_BASE_URL: emulator.url });
    await run.shows(/ready/);
    run.type(ctrlC);
    expect(await run.ended).toBe(9);
    expect(run.screen.match(/heard/g)).toHaveLength(1);
    expect(run.screen).toContain('no request was sent');
    expect(await readFile(file, 'utf8')).toMatch(/^\{"cassette":1/);
    await rm(folder, { recursive: true });
  });
});

describe.concurrent('in a terminal, a bench', () => {
  it('shows its progress in one line that it clears', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100 } });
    const run = runInTerminal(['bench', '-n', '2', '-d', '30', '--base-url', emulator.url]);
    await run.shows(/\r\u001b\[2K1 s · \d+ events\/s · first p50/);
    run.type(ctrlC);
    await run.shows(/\r\u001b\[2K2 streams for/);
    expect(await run.ended).toBe(130);
  });
});

describe('the memory of the built command', () => {
  /** Streams so many megabytes of text, as fast as they are read. */
  async function startFlood(megabytes: number) {
    const event = chunk(`${'x'.repeat(65_535)}\n`);
    const body = function* () {
      for (let sent = 0; sent < megabytes * 1_000_000; sent += 65_536) yield event;
      yield chunk('', 'STOP');
    };
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      Readable.from(body()).pipe(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  // Tells the peak in megabytes on a descriptor of its own.
  const tell = `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from 'node:fs';
    process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS / 1_000)));
  `)}`;

  // With room, Node lets garbage grow: a small heap shows what is held.
  const smallHeap = ['--max-old-space-size=48', '--max-semi-space-size=4'];

  async function peakOf(megabytes: number): Promise<number> {
    const server = await startFlood(megabytes);
    const { port } = server.address() as AddressInfo;
    const child = spawn(
      process.execPath,
      [...smallHeap, `--import=${tell}`, builtCommand, '--base-url', `http://127.0.0.1:${port}`, 'hi'],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      },
    );
    let bytes = 0;
    let peak = '';
    child.stdout?.on('data', (data: Buffer) => (bytes += data.byteLength));
    child.stdio[3]?.on('data', (data: Buffer) => (peak += data.toString()));
    await once(child, 'close');
    server.close();
    expect(bytes).toBeGreaterThanOrEqual(megabytes * 1_000_000);
    return Number(peak);
  }

  it('stays flat for an answer of 100 MB', async () => {
    const [small, large] = [await peakOf(10), await peakOf(100)];
    expect(large - small).toBeLessThan(32);
  });
});
