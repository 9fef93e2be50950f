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
function linesOf(reader: string): string {
  return words.map((word) => `${reader}: ${word}\n`).join('');
}

it('the first example prints every word to each subscriber', async () => {
  const run = await runExample(examples[0]?.code ?? '', folder);
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  const lines = run.stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('callback'))).toEqual(
    words.map((word, index) => `callback: ${word} at ${index}`),
  );
  expect(lines.filter((line) => !line.startsWith('callback')).join('\n')).toBe(
    `${linesOf('iterator')}${linesOf('late')}{ status: 'completed', result: undefined, eventsCount: 5 }\n`,
  );
});

it('the push example prints the events and the end', async () => {
  expect(await runExample(examples[1]?.code ?? '', folder)).toEqual({
    stdout: '1\n2\n3\ncompleted: counted\n',
    stderr: '',
    exitCode: 0,
  });
});

it('the example server starts a stream for a POST, and serves and resumes it for a GET', async () => {
  const server = spawn(process.execPath, ['--conditions=@gemini/source', '--input-type=module-typescript', '-'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    server.stdin.end(examples[2]?.code);
    const [address] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(address.toString()) as { port: number };
    const follow = async (path: string, id = '') => {
      const { body, status } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'last-event-id': id } });
      return { status, events: body === null ? [] : await readAll(parseSse(body)) };
    };

    const started = await fetch(`http://127.0.0.1:${port}/streams`, { method: 'POST' });
    expect(started.status).toBe(201);
    const path = started.headers.get('location') ?? '';
    expect(path).toMatch(/^\/streams\/[0-9a-f]{32}$/);
    const { events } = await follow(path);
    expect(events.map(({ data }) => data)).toEqual([
      ...['You', 'said', 'hello'].map((word) => JSON.stringify({ word })),
      '{"status":"completed","eventsCount":3}',
    ]);
    expect((await follow(path, events[1]?.id)).events).toEqual(events.slice(2));
    expect((await follow(path, events[3]?.id)).status).toBe(204);
    expect((await follow('/streams/unknown')).status).toBe(404);
  } finally {
    server.kill();
  }
});

it('the example of a source that can resume counts to the end', async () => {
  expect(await runExample(examples[3]?.code ?? '', folder)).toEqual({ stdout: '1\n2\n3\n', stderr: '', exitCode: 0 });
});

it('a program with managed streams exits, because no timer keeps the process alive', async () => {
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

it('every example in the README is run', () => {
  expect(examples).toHaveLength(4);
});
