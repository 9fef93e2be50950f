import { createEmulator } from '@gemini/emulator';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';
import { serve } from './serve.ts';

// Eight events, one each 90 ms or so: far enough apart for a busy machine to tell them from a block.
const paced = { pace: { timeToFirstTokenMs: 20, tokensPerSecond: 100, burst: 4 } };
const prompt = 'Count slowly from 1 to 8';
function doctor(...args: string[]) {
  return runHere(['doctor', ...args]);
}
async function jsonDoctor(...args: string[]) {
  const { stdout, ...run } = await doctor('--json', ...args);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const tones = Object.fromEntries(
    lines.flatMap(({ name, tone }) => (typeof name === 'string' ? [[name, tone] as const] : [])),
  );
  return { ...run, lines, tones, end: lines.at(-1) ?? {} };
}

describe('gemini-stream doctor', { timeout: commandTimeoutMs }, () => {
  it('listens to a silent stream with --idle', async () => {
    await using emulator = await createEmulator(paced);
    const { tones } = await jsonDoctor('--idle', '1', emulator.url, prompt);
    expect(tones['idle']).toBe('good');
  });

  it('reports that a live path is live, with its other findings', async () => {
    await using emulator = await createEmulator(paced);
    const { stdout, stderr, exitCode } = await doctor(emulator.url, prompt);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ {2}sent +[○2-9]/m);
    expect(stdout).toMatch(/^ {2}arrived +[●2-9]/m);
    expect(stdout).toContain('✓ This path is live');
    expect(stdout).toMatch(/✓ Keep-alive +the second request went over the same connection/);
    expect(stdout).toMatch(/✓ Leaving early +the server saw it (?:at once|[\d.]+ ms later) and stopped/);
    expect(stdout).toContain('content-type: text/event-stream');
    const [first, offered, left, ...more] = emulator.requests.filter(({ method }) => method === 'POST');
    expect(more).toEqual([]);
    expect(first?.headers['accept-encoding']).toBe('identity');
    expect(offered?.headers['accept-encoding']).toBe('gzip');
    expect(left?.closedBy).toBe('client');
  });

  it('writes its findings as JSON, with the end last', async () => {
    await using emulator = await createEmulator({ ...paced, scenario: 'buffered' });
    const { lines, end, tones, exitCode } = await jsonDoctor(emulator.url, prompt);
    expect(lines[0]).toMatchObject({ type: 'stream', role: 'plain', httpStatus: 200, verdict: { kind: 'buffered' } });
    expect(end).toMatchObject({ type: 'end', isLive: false, verdict: 'buffered', deliveryCause: 'collected-body' });
    expect(end['cure']).toMatch(/content-length/);
    // The server hears it even though it has sent nothing yet.
    expect(tones).toMatchObject({ 'keep-alive': 'good', leaving: 'good', compression: 'good', proxy: 'good' });
    expect(exitCode).toBe(1);
  });

  it('examines any event stream, and reports which figures the server does not send', async () => {
    const seen: string[] = [];
    await using server = await serve(async (request, response) => {
      seen.push([request.method, request.url, request.headers['x-mine']].join(' '));
      response.writeHead(200, { 'content-type': 'text/event-stream', server: 'own/1' });
      for (let index = 0; index < 8 && !response.destroyed; index += 1) {
        response.write(`data: tick ${index}\n\n`);
        await wait(60);
      }
      response.end();
    });
    const { lines, tones, end, exitCode } = await jsonDoctor(
      '--get',
      '-H',
      'x-mine: yes',
      `${server.url}/feed?key=secret`,
    );
    expect(end).toMatchObject({ isLive: true, verdict: 'live' });
    expect(exitCode).toBe(0);
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'GET /feed?key=secret yes'));
    expect(tones['leaving']).toBe('unknown');
    expect(JSON.stringify(lines)).toContain('server: own/1');
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('stops reading a feed that never ends', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // A verdict needs five events, also if the first of them comes late in the second that is listened to.
      const timer = setInterval(() => response.write('data: tick\n\n'), 25);
      response.on('close', () => clearInterval(timer));
    });
    const { lines, end, exitCode } = await jsonDoctor('--get', '--quick', '--for', '1', server.url);
    expect(lines[0]).toMatchObject({ status: 'stopped' });
    expect(end).toMatchObject({ isLive: true });
    expect(exitCode).toBe(0);
  });

  it('posts a given body, or that of a file', async () => {
    const bodies: string[] = [];
    await using server = await serve(async (request, response) => {
      bodies.push(`${request.headers['content-type'] ?? ''} ${await text(request)}`);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
    });
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const file = join(folder, 'body.json');
    await writeFile(file, '{"q":2}');
    await doctor('--quick', '-d', '{"q":1}', server.url);
    await doctor('--quick', '-d', `@${file}`, '-H', 'content-type: text/plain', server.url);
    const missing = await doctor('-d', `@${folder}/none`, server.url);
    await rm(folder, { recursive: true });
    expect(bodies).toEqual(['application/json {"q":1}', 'text/plain {"q":2}']);
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('sends the key to another server only with --send-key', async () => {
    await using emulator = await createEmulator({ ...paced, apiKey: { required: true } });
    const env = { GEMINI_API_KEY: 'any-key-5678' };
    const refused = await runCommand(['doctor', '--json', emulator.url], { env });
    expect(emulator.requests[0]?.headers['x-goog-api-key']).toBeUndefined();
    expect(refused.stdout).toContain('--send-key');
    expect(refused.exitCode).toBe(1);
    const sent = await runCommand(['doctor', '--json', '--quick', '--send-key', emulator.url, prompt], { env });
    expect(sent.exitCode).toBe(0);
    expect(refused.stdout + refused.stderr + sent.stdout + sent.stderr).not.toContain('any-key-5678');
  });

  it('prints two paths side by side', async () => {
    await using emulator = await createEmulator(paced);
    const held = `${emulator.url}/__scenario/buffered`;
    const { stdout, exitCode } = await doctor('--quick', held, '--compare', emulator.url, prompt);
    expect(stdout).toMatch(/^ {2}verdict +buffered +live$/m);
    expect(stdout).toContain('✗ the other path is live: a part of this path alone delays the answer');
    expect(exitCode).toBe(1);
  });

  it('writes its report as a page', async () => {
    await using emulator = await createEmulator({ scenario: 'html-page' });
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const path = join(folder, 'doctor.html');
    const { exitCode, stderr } = await doctor('--report', path, emulator.url);
    const page = await readFile(path, 'utf8');
    await rm(folder, { recursive: true });
    expect(stderr).toContain(path);
    expect(page).toContain('No event arrived');
    expect(exitCode).toBe(1);
  });

  it('sends one request, and reports a refusal as a response', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const { end, exitCode } = await jsonDoctor(emulator.url);
    expect(end).toMatchObject({ isLive: false, headline: 'No event arrived' });
    // What the API says of it, too.
    expect(end['explanation']).toMatch(/the server answered 503: ./);
    expect(emulator.requests).toHaveLength(1);
    expect(exitCode).toBe(1);
  });

  it('reports the address of a server that does not answer', async () => {
    await using emulator = await createEmulator({ scenario: 'connection-refused' });
    const { stdout, exitCode } = await doctor(emulator.url);
    expect(stdout).toContain('✗ No response');
    expect(exitCode).toBe(3);
  });

  it.for([
    [[], 'no URL'],
    [['nonsense'], 'http or https'],
    [['--idle', '0', 'http://127.0.0.1:1'], '--idle'],
    [['--idle', '9', '--quick', 'http://127.0.0.1:1'], '--quick or --idle'],
    [['--send-key', 'http://127.0.0.1:1'], '--send-key'],
  ] as const)('explains %j in one line', async ([args, message]) => {
    const { stdout, stderr, exitCode } = await doctor(...args);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
