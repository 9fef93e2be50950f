import { createEmulator, type Recording } from '@gemini/emulator';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SmallTerminal } from '../../apps/cli/test/small-terminal.ts';
import { runInTerminal } from './terminal.ts';

const enter = '\r';

function recordingOf(pieces: readonly string[]) {
  const chunks = [...pieces, ''].map((text, index) => ({
    candidates: [{ content: { parts: [{ text }] }, ...(index === pieces.length ? { finishReason: 'STOP' } : {}) }],
  }));
  const body = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
  return { body: Buffer.from(body), chunkBytes: 'event' } satisfies Recording;
}

/** The rows of a terminal after all that was written. */
function rowsOf(written: string): string[] {
  const terminal = new SmallTerminal(80);
  terminal.write(written);
  return terminal.text.split('\n');
}

const words = 'The moon pulls the water of the oceans, and the earth turns below it, so that it rises twice a day. ';

describe.concurrent('in a terminal, the screen of an answer', () => {
  it('is wrapped at words, also at those that arrive in pieces', async () => {
    const text = words.repeat(3);
    const pieces = Array.from({ length: Math.ceil(text.length / 7) }, (_, index) =>
      text.slice(index * 7, index * 7 + 7),
    );
    await using emulator = await createEmulator({ recording: recordingOf(pieces) });
    const run = runInTerminal(['hi'], { GEMINI_BASE_URL: emulator.url });
    expect(await run.ended).toBe(0);
    const rows = rowsOf(run.screen).slice(0, -1);
    expect(rows.length).toBeGreaterThan(3);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(80);
    expect(rows.join(' ')).toBe(text.trim());
  });

  it.for([[], ['--render']])('shows the first piece of a word while the rest is still to come: %j', async (options) => {
    const server = createServer((request, response) => {
      request.resume();
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(recordingOf(['unbeliev']).body.toString().split('\r\n\r\n')[0] + '\r\n\r\n');
      rest = () => response.end(recordingOf(['able']).body);
    }).listen(0, '127.0.0.1');
    let rest = (): unknown => undefined;
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const run = runInTerminal([...options, 'hi'], { GEMINI_BASE_URL: `http://127.0.0.1:${port}` });
    await run.shows(/unbeliev/);
    rest();
    await run.shows(/able/);
    expect(await run.ended).toBe(0);
    expect(rowsOf(run.screen)[0]).toBe('unbelievable');
    server.close();
  });

  it('shows Markdown with --render, and the same text in a pipe', async () => {
    const page = [
      '# Ti',
      'des\n\nThe **mo',
      'on** has:\n\n- `wa',
      'ter`\n  - de',
      'ep\n\n```sh\nls',
      ' -l\n```\n\nThe end.',
    ];
    await using emulator = await createEmulator({ recording: recordingOf(page) });
    const run = runInTerminal(['--render', 'hi'], { GEMINI_BASE_URL: emulator.url });
    expect(await run.ended).toBe(0);
    expect(rowsOf(run.screen).slice(0, -1)).toEqual([
      'Tides',
      '',
      'The moon has:',
      '',
      '- water',
      '  - deep',
      '',
      'ls -l',
      '',
      'The end.',
    ]);
    expect(run.screen).toContain('\u001b[1mTides');
    const plain = runInTerminal(['--render', 'hi'], { GEMINI_BASE_URL: emulator.url, TERM: 'dumb' });
    expect(await plain.ended).toBe(0);
    expect(plain.screen.replaceAll('\r\n', '\n')).toContain(page.join(''));
  });

  it('wraps thoughts too, and shows them dim', async () => {
    const thought = { candidates: [{ content: { parts: [{ text: words.repeat(2).trim(), thought: true }] } }] };
    const answer = { candidates: [{ content: { parts: [{ text: 'Yes.' }] }, finishReason: 'STOP' }] };
    const body = [thought, answer].map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
    await using emulator = await createEmulator({ recording: { body: Buffer.from(body), chunkBytes: 'event' } });
    const run = runInTerminal(['--thinking', 'hi'], { GEMINI_BASE_URL: emulator.url });
    expect(await run.ended).toBe(0);
    const rows = rowsOf(run.screen);
    expect(rows.slice(0, -2).join(' ')).toBe(words.repeat(2).trim());
    expect(rows.at(-2)).toBe('Yes.');
    expect(run.screen).toMatch(/^\u001b\[2mThe moon/);
  });

  it('follows the width of the terminal', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 40, burst: 1 } });
    const run = runInTerminal(['Count from 1 to 200'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/ 30,/);
    run.narrow();
    // Lines of less than 40 cells, one after another: before it, there were none.
    await run.shows(/(?:\r\n[\d, ]{30,39}){4}\r\n/);
    run.type('\u0003');
    expect(await run.ended).toBe(130);
  });

  it('is the help for a command without words', async () => {
    const run = runInTerminal([]);
    expect(await run.ended).toBe(0);
    expect(run.screen).toContain('gemini-stream COMMAND [options]');
    expect(run.screen).toMatch(/\n {2}doctor +check whether/);
  });
});

describe.concurrent('in a terminal, a chat', () => {
  it('is saved, and continued', async () => {
    await using emulator = await createEmulator();
    const state = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const env = { GEMINI_BASE_URL: emulator.url, XDG_STATE_HOME: state };
    const first = runInTerminal(['chat'], env);
    await first.shows(/> /);
    first.type(`My name is Ada.${enter}`);
    await first.shows(/· \w+[^\n]*\n[^]*> /);
    first.type(`/exit${enter}`);
    expect(await first.ended).toBe(0);
    expect((await stat(join(state, 'gemini-stream', 'last-chat.json'))).mode & 0o777).toBe(0o600);
    const second = runInTerminal(['chat', '--continue'], env);
    await second.shows(/2 messages so far/);
    await second.shows(/> /);
    second.type(`What is my name?${enter}`);
    await second.shows(/Your name is Ada/);
    await second.shows(/> /);
    second.type('\u0004');
    expect(await second.ended).toBe(0);
    await rm(state, { recursive: true });
  });

  it('reports a mistake in a command, and continues', async () => {
    await using emulator = await createEmulator();
    const run = runInTerminal(['chat', '--no-save'], { GEMINI_BASE_URL: emulator.url });
    await run.shows(/> /);
    run.type(`/modle x${enter}`);
    await run.shows(/did you mean \/model\?/);
    await run.shows(/> /);
    run.type(`/model gemini-nope${enter}`);
    await run.shows(/model: gemini-nope/);
    await run.shows(/> /);
    run.type(`Say yes${enter}`);
    await run.shows(/gemini-nope is not found/);
    await run.shows(/> /);
    run.type(`/model gemini-3-pro${enter}`);
    await run.shows(/> /);
    run.type(`/retry${enter}`);
    await run.shows(/yes\r\n/);
    await run.shows(/> /);
    run.type(`/exit${enter}`);
    expect(await run.ended).toBe(0);
  });
});
