import { createGemini } from '@gemini/client';
import { pipeSse } from '@gemini/client/sse';
import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interactionRequest } from '../src/prompt/interaction-prompt.ts';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

const fast = { pace: { timeToFirstTokenMs: 5, tokensPerSecond: 2_000, burst: 4 } };
function linesOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('gemini-stream --api interactions', { timeout: commandTimeoutMs }, () => {
  it('streams an interaction with the settings of the command line', async () => {
    await using emulator = await createEmulator(fast);
    const options = ['--json', '-s', 'Be brief.', '--max-tokens', '500', '--thinking'];
    const words = ['--base-url', emulator.url, '--api', 'interactions', ...options, 'Say hello'];
    const { stdout, exitCode } = await runHere(words);
    expect(exitCode).toBe(0);
    const end = linesOf(stdout).at(-1) ?? {};
    expect(end).toMatchObject({ type: 'end', status: 'completed' });
    expect(String(end['interactionId'])).not.toBe('undefined');
    const { path, body } = emulator.requests.at(-1) ?? {};
    expect(path).toMatch(/\/interactions$/);
    expect(body).toMatchObject({
      input: [{ type: 'text', text: 'Say hello' }],
      system_instruction: 'Be brief.',
      generation_config: { max_output_tokens: 500, thinking_summaries: 'auto' },
      stream: true,
    });
  });

  it.for([
    [['--background', 'hi'], '--background needs --api interactions'],
    [['--agent', 'x', 'hi'], '--agent needs --api interactions'],
    [['--api', 'live', 'hi'], '--api: expected generate-content or interactions, got "live"'],
    [['--api', 'interactions', '--top-k', '3', 'hi'], '--top-k: the Interactions API has no such setting'],
    [['chat', '--api', 'interactions', '--resume', 'x.json'], '--resume: the Interactions API keeps the conversation'],
    [['chat', '--interaction', 'v1_x'], '--interaction needs --api interactions'],
    [['follow'], 'expected one interaction or URL'],
    [['follow', 'http://a.example/streams/1'], 'unencrypted from a.example'],
    [['follow', '--timing', 'http://127.0.0.1:1/streams/1'], '--timing: a re-served stream has no times'],
  ] as const)('refuses %j', async ([words, message]) => {
    await using emulator = await createEmulator(fast);
    const server = words.includes('follow' as never) ? [] : ['--base-url', emulator.url];
    const { stderr, exitCode } = await runHere([...words, ...server]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it('sends the files of a prompt as contents', () => {
    const data = new Uint8Array([1, 2, 3]);
    const parts = [
      { inlineData: { mimeType: 'image/png', data } },
      { inlineData: { mimeType: 'application/pdf', data } },
      { text: 'Do they agree?' },
    ];
    expect(interactionRequest({ contents: [{ role: 'user', parts }] })).toEqual({
      input: [
        { type: 'image', mime_type: 'image/png', data: 'AQID' },
        { type: 'document', mime_type: 'application/pdf', data: 'AQID' },
        { type: 'text', text: 'Do they agree?' },
      ],
    });
  });

  it('holds a conversation that the API keeps, and continues it by its id', async () => {
    await using emulator = await createEmulator(fast);
    const env = { GEMINI_BASE_URL: emulator.url };
    const words = ['chat', '--api', 'interactions'];
    const first = await runCommand(words, { env, input: 'One\nTwo\n' });
    expect(first.exitCode).toBe(0);
    const id = /--interaction (\S+)/.exec(first.stderr)?.[1] ?? '';
    const [one, two] = emulator.requests.map(({ body }) => body as Record<string, unknown>);
    expect(one?.['previous_interaction_id']).toBeUndefined();
    expect(two?.['previous_interaction_id']).toMatch(/./);
    const again = await runCommand([...words, '--interaction', id], { env, input: 'Three\n' });
    expect(again.exitCode).toBe(0);
    expect(emulator.requests.at(-1)?.body).toMatchObject({ previous_interaction_id: id });
  });

  it.for([[], ['--background']])('is recorded and replayed with %j', async (options) => {
    // The connection of the first answer is lost, so the second request continues it.
    const steps = [{ faults: [{ type: 'cut' as const, afterEvents: 5 }] }, { faults: [] }];
    const scenario = { name: 'cut-once', description: 'One lost connection.', steps };
    await using emulator = await createEmulator(options.length === 0 ? fast : { ...fast, scenario });
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    try {
      const file = join(folder, 'interaction.ndjson');
      const words = ['--api', 'interactions', ...options, 'Count from 1 to 9', '--base-url', emulator.url];
      const { stdout, exitCode } = await runHere(['record', file, ...words]);
      expect({ exitCode, requests: emulator.requests.length }).toEqual({ exitCode: 0, requests: 1 + options.length });
      expect(stdout).toContain('1, 2, 3');
      expect(await runHere(['replay', file, '--speed', '0'])).toMatchObject({ stdout, exitCode: 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('verifies an endpoint', async () => {
    await using emulator = await createEmulator(fast);
    const words = ['verify', '--api', 'interactions', '-n', '1', '--json', '--base-url', emulator.url];
    const [run = {}] = linesOf((await runHere(words)).stdout);
    expect(run).toMatchObject({ type: 'run', status: 'completed' });
    expect((run['events'] as unknown[]).length).toBeGreaterThan(5);
  });

  it.for(['', '/v1beta/interactions'])('examines %j of a server', async (path) => {
    await using emulator = await createEmulator(fast);
    const api = path === '' ? ['--api', 'interactions'] : [];
    const { stdout } = await runHere(['doctor', '--quick', '--json', ...api, emulator.url + path]);
    expect(linesOf(stdout)[0]).toMatchObject({ type: 'stream', status: 'completed' });
    expect(emulator.requests.at(-1)?.path).toBe('/v1beta/interactions');
  });
});

describe('gemini-stream follow', { timeout: commandTimeoutMs }, () => {
  it('streams a background run from its start, and after an event', async () => {
    await using emulator = await createEmulator(fast);
    const gemini = createGemini({ baseUrl: emulator.url });
    const started = await gemini.interactions.stream('Count from 1 to 20', { background: true }).outcome;
    const id = started.interactionId ?? '';
    const whole = await runHere(['follow', id, '--base-url', emulator.url]);
    expect(whole).toEqual({ stdout: started.text, stderr: '', exitCode: 0 });
    const after = ['--after', started.lastEventId ?? '', '--json'];
    const rest = await runHere(['follow', id, '--base-url', emulator.url, ...after]);
    expect(rest.stdout).not.toContain('"text-delta"');
  });

  it('reports an interaction that does not exist', async () => {
    await using emulator = await createEmulator(fast);
    const { stderr, exitCode } = await runHere(['follow', 'v1_none', '--base-url', emulator.url]);
    expect(stderr).toMatch(/^gemini-stream: .*404/);
    expect(exitCode).toBe(1);
  });

  it('needs the API that has the interaction', async () => {
    const { stderr, exitCode } = await runCommand(['follow', 'v1_x']);
    expect(stderr).toContain('an interaction is found only by the API that has it');
    expect(exitCode).toBe(2);
  });

  it('follows a re-served stream over lost connections, without a piece lost or doubled', async () => {
    await using emulator = await createEmulator(fast);
    const gemini = createGemini({ baseUrl: emulator.url });
    const id = gemini.startStream('Count from 1 to 40', { lingerMs: 30_000 });
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers['last-event-id']?.toString());
      // Each connection but the last is cut in the middle of its third frame.
      if (seen.length < 4) {
        let frames = 0;
        const write = response.write.bind(response) as (data: unknown) => boolean;
        response.write = (data: unknown): boolean => {
          frames += 1;
          if (frames < 4) return write(data);
          response.destroy();
          return false;
        };
      }
      pipeSse(gemini, id, { request, response, retryMs: 10 }).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const { stdout, exitCode } = await runHere(['follow', `http://127.0.0.1:${port}/streams/${id}`]);
      const [whole, text] = [gemini.streams.get(id), [] as string[]];
      if (whole !== undefined) for await (const event of whole) if (event.type === 'text-delta') text.push(event.text);
      expect(text.length).toBeGreaterThan(5);
      expect(stdout).toBe(text.join(''));
      expect(exitCode).toBe(0);
      expect(seen).toHaveLength(4);
      expect(seen.slice(1).every((last) => last !== undefined)).toBe(true);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('reconnects as often as it takes while each connection brings something new', async () => {
    const places: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      places.push(request.headers['last-event-id']?.toString());
      const number = places.length;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const candidate of [1, 0]) {
        const data = JSON.stringify({ type: 'text-delta', text: `${number} `, candidate });
        response.write(`retry: 1\nid: ${number}\ndata: ${data}\n\n`);
      }
      response.end(number < 9 ? '' : 'event: end\ndata: {"status":"completed"}\n\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const followed = await runHere(['follow', `http://127.0.0.1:${port}/`]);
      expect(followed).toEqual({ stdout: '1 2 3 4 5 6 7 8 9 ', stderr: '', exitCode: 0 });
      expect(places).toEqual([undefined, '1', '2', '3', '4', '5', '6', '7', '8']);
    } finally {
      server.close();
    }
  });

  it('gives up on a stream that never ends with its last frame', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('retry: 1\nid: 1\n\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const { stderr, exitCode } = await runHere(['follow', `http://127.0.0.1:${port}/`]);
      expect({ exitCode, requests }).toEqual({ exitCode: 5, requests: 5 });
      expect(stderr).toContain('ended without its last frame');
    } finally {
      server.close();
    }
  });
});
