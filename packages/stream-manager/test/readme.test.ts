import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseSse } from '@gemini/sse-parser';
import { expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';
import { readAll } from './read-all.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const examples = readmeExamples(`${folder}README.md`);

const words = ['every', 'subscriber', 'sees', 'every', 'event'];
const told = (by: string): string => words.map((word) => `${by}: ${word}\n`).join('');

it('runs the first example', async () => {
  const run = await runExample(examples[0]?.code ?? '', folder);
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  const lines = run.stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('callback'))).toEqual(
    words.map((word, index) => `callback: ${word} at ${index}`),
  );
  expect(lines.filter((line) => !line.startsWith('callback')).join('\n')).toBe(
    `${told('iterator')}${told('late')}{ status: 'completed', result: undefined, eventsCount: 5 }\n`,
  );
});

it('runs the push example', async () => {
  expect(await runExample(examples[1]?.code ?? '', folder)).toEqual({
    stdout: '1\n2\n3\ncompleted counted\n',
    stderr: '',
    exitCode: 0,
  });
});

it('runs the example server: POST starts, GET follows and rejoins, DELETE stops', async () => {
  const server = spawn(process.execPath, ['--conditions=@gemini/source', '--input-type=module-typescript', '-'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    server.stdin.end(examples[2]?.code);
    const [address] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(address.toString()) as { port: number };
    const start = async (prompt: string): Promise<string> => {
      const started = await fetch(`http://127.0.0.1:${port}/streams`, { method: 'POST', body: prompt });
      expect(started.status).toBe(201);
      expect(started.headers.get('location')).toMatch(/^\/streams\/[0-9a-f]{32}$/);
      return `http://127.0.0.1:${port}${started.headers.get('location')}`;
    };
    const follow = async (url: string, id = '') => {
      const { body, status } = await fetch(url, { headers: { 'last-event-id': id } });
      return { status, events: body === null ? [] : await readAll(parseSse(body)) };
    };

    const url = await start('hello there');
    const { events } = await follow(url);
    expect(events.map(({ data }) => data)).toEqual([
      ...['You', 'said:', 'hello', 'there'].map((word) => JSON.stringify({ word })),
      '{"status":"completed","eventsCount":4}',
    ]);
    expect((await follow(url, events[1]?.id)).events).toEqual(events.slice(2));
    expect((await follow(url, events[4]?.id)).status).toBe(204);

    const other = await start('word '.repeat(500));
    const following = follow(other);
    expect((await fetch(other, { method: 'DELETE' })).status).toBe(204);
    const [end] = (await following).events.slice(-1);
    expect(JSON.parse(end?.data ?? '')).toMatchObject({ status: 'stopped', reason: 'deleted' });
    expect((await fetch(other, { method: 'DELETE' })).status).toBe(404);
    expect((await follow(`http://127.0.0.1:${port}/streams/unknown`)).status).toBe(404);
  } finally {
    server.kill();
  }
});

it('ends with the program: no timer keeps the process alive', async () => {
  const code = `
    import { createStreamManager } from '@gemini/stream-manager';
    import { toSseResponse } from '@gemini/stream-manager/sse';
    const manager = createStreamManager({ maxStreams: 1, maxLagEvents: 1 });
    let sink;
    const stream = manager.start({ start: (given) => void (sink = given) }, { key: 'a' });
    stream.iterate({ onSlow: 'pause' });
    for (const event of [1, 2, 3]) sink.push(event);
    sink.coolDown('a', Date.now() + 60_000);
    manager.start({ start() {} }, { key: 'a' });
    toSseResponse(stream);
    stream.subscribe(() => {}).unsubscribe();
    console.log(manager.list().map(({ status, paused }) => status + ' ' + paused).join(', '));
    sink.end();
    void manager.close({ drainMs: 60_000 });`;
  expect(await runExample(code, folder)).toEqual({ stdout: 'active true, queued false\n', stderr: '', exitCode: 0 });
});

it('runs every example', () => {
  expect(examples).toHaveLength(3);
});
