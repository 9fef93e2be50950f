import { createEmulator } from '@gemini/emulator';
import { openEventStream } from '@gemini/http-streaming';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FrameworkServer,
  frameworks,
  nodeCommand,
  type PageFolder,
  startServer,
  writePage,
} from './framework-servers.ts';
import { installLimitMs, type RuntimeCommand, runtimeCommand, runtimeNames } from './runtimes/runtime-command.ts';

const [own, foreign] = [{ cookie: 'theme=dark; session=one' }, { cookie: 'session=two' }];

let folder: PageFolder;
beforeAll(() => {
  folder = writePage();
});
afterAll(() => folder[Symbol.dispose]());

/** A stream of the server that is read by a browser, over all its connections. */
interface Reading {
  text: string;
  lastEventId: string | undefined;
  end: { readonly status: string } | undefined;
}

/** Reads on from where a reading is, at most so many events further. */
async function readOn(url: string, reading: Reading, most = Infinity): Promise<void> {
  const { lastEventId } = reading;
  const stream = await openEventStream({ url, headers: own, lastEventId }, { retry: false });
  let count = 0;
  for await (const { event, data, id } of stream) {
    const content = JSON.parse(data) as { type?: string; text?: string; status: string };
    if (event === 'end') reading.end = content;
    else if (content.type === 'text-delta') reading.text += content.text;
    reading.lastEventId = id;
    if (++count === most) return;
  }
}

/** Reads a body up to a pattern in its text. */
async function readUpTo(reader: ReadableStreamDefaultReader<Uint8Array>, pattern: RegExp): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the body ended before ${pattern}: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

const commands = new Map<string, RuntimeCommand>([['Node', nodeCommand]]);
beforeAll(async () => {
  for (const runtime of runtimeNames) commands.set(runtime, await runtimeCommand(runtime));
}, installLimitMs);

const servers = ['Node', ...runtimeNames].flatMap((runtime) => frameworks.map((name) => ({ runtime, name })));

describe.for(servers)('the server of the page: $name, on $runtime', ({ runtime, name }) => {
  const start = (geminiUrl: string): Promise<FrameworkServer> =>
    startServer(folder, name, geminiUrl, commands.get(runtime));
  const put = (url: string, body: string, headers: Record<string, string> = own): Promise<number> =>
    fetch(url, { method: 'PUT', body, headers }).then((response) => response.status);
  const statusOf = async (url: string, method: string, headers: Record<string, string>): Promise<number> => {
    const response = await fetch(url, { method, headers });
    await response.body?.cancel();
    return response.status;
  };

  it('shows text while the model writes, to a reader that asks for gzip, and stops the model', async ({ signal }) => {
    // The answer begins and never ends: what is held back is never seen.
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    await using server = await start(emulator.url);
    const url = `${server.origin}/answers/${randomUUID()}`;
    expect(await put(url, 'Tell me about tides')).toBe(202);
    const response = await fetch(url, { headers: { ...own, 'accept-encoding': 'gzip, br' }, signal });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error('the response has no body');
    await readUpTo(reader, /"type":"text-delta"/);
    expect(await statusOf(url, 'DELETE', own)).toBe(204);
    expect(await readUpTo(reader, /event: end\n.*\n\n/s)).toContain('"status":"stopped"');
    const request = await emulator.whenClosed((await emulator.whenReceived(1))[0]?.id ?? '');
    expect(request.closedBy).toBe('client');
  });

  it('continues after a lost connection, and starts an answer once', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 100, burst: 1 } });
    await using server = await start(emulator.url);
    const url = `${server.origin}/answers/${randomUUID()}`;
    const answer = 'one two three four five six seven eight nine ten eleven twelve';
    for (let times = 0; times < 2; times += 1) expect(await put(url, `Say ${answer}`)).toBe(202);
    const reading: Reading = { text: '', lastEventId: undefined, end: undefined };
    await readOn(url, reading, 2);
    await readOn(url, reading, 2);
    expect(reading.end).toBeUndefined();
    await readOn(url, reading);
    expect(reading).toMatchObject({ text: answer, end: { status: 'completed' } });
    expect(await statusOf(url, 'GET', { ...own, 'last-event-id': reading.lastEventId ?? '' })).toBe(204);
    expect(emulator.requests).toHaveLength(1);
  });

  it('shows and stops an answer only for its user, and refuses bad requests', async () => {
    await using emulator = await createEmulator();
    await using server = await start(emulator.url);
    const url = `${server.origin}/answers/${randomUUID()}`;
    expect(await put(url, 'Say hello')).toBe(202);
    expect(await put(url, 'Say hello', foreign)).toBe(404);
    for (const headers of [foreign, {}] as Record<string, string>[]) {
      expect(await statusOf(url, 'GET', headers)).toBe(404);
      expect(await statusOf(url, 'DELETE', headers)).toBe(404);
    }
    expect(await statusOf(url, 'GET', own)).toBe(200);
    const fresh = `${server.origin}/answers/${randomUUID()}`;
    expect(await statusOf(fresh, 'GET', own)).toBe(404);
    expect(await put(fresh, 'Say hello', {})).toBe(401);
    expect(await put(fresh, '')).toBe(400);
    expect(await put(`${server.origin}/answers/short`, 'Say hello')).toBe(404);
    // Refused with a status, or by closing the connection.
    expect([400, 413, 0]).toContain(await put(fresh, 'x'.repeat(100_000)).catch(() => 0));
    expect(emulator.requests).toHaveLength(1);
  });
});

describe.for(['Node', ...runtimeNames])('one request without a manager, on %s', (runtime) => {
  const start = (geminiUrl: string, name = 'one-request'): Promise<FrameworkServer> =>
    startServer(folder, name, geminiUrl, commands.get(runtime));
  type ReadAnswer = (
    url: string,
    prompt: string,
    show: (text: string) => void,
    signal?: AbortSignal,
  ) => Promise<{ status: string }>;
  let readAnswer: ReadAnswer;
  beforeAll(async () => {
    ({ readAnswer } = (await import(join(folder.path, 'read-answer.ts'))) as { readAnswer: ReadAnswer });
  });

  it('is one answer with its outcome', async () => {
    await using emulator = await createEmulator();
    await using server = await start(emulator.url);
    let text = '';
    const end = await readAnswer(server.origin, 'Say hello to everybody', (piece) => (text += piece));
    expect([text, end.status]).toEqual(['hello to everybody', 'completed']);
    await expect(readAnswer(server.origin, '', () => {})).rejects.toThrow('The server answered 400.');
    expect(emulator.requests).toHaveLength(1);
  });

  it('stops the model when the reader leaves', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    await using server = await start(emulator.url);
    const leaving = new AbortController();
    const left = readAnswer(server.origin, 'Tell me about tides', () => leaving.abort(), leaving.signal);
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    const request = await emulator.whenClosed((await emulator.whenReceived(1))[0]?.id ?? '');
    expect(request.closedBy).toBe('client');
  });

  it('sends comments while the model is silent', async ({ signal }) => {
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    await using server = await start(emulator.url, 'eager-one-request');
    const response = await fetch(server.origin, { method: 'POST', body: 'Tell me about tides', signal });
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error('the response has no body');
    expect(await readUpTo(reader, /(?:\n\n:.*){3}\n\n/)).toContain('"type":"text-delta"');
    await reader.cancel();
  });

  it('throws if the connection is lost', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-after-content' });
    await using server = await start(emulator.url);
    const lost = readAnswer(server.origin, 'Tell me about tides', () => void server.kill());
    await expect(lost).rejects.toThrow(/terminated|lost before the end/);
  });
});
