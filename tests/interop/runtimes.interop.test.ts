import { createEmulator } from '@gemini/emulator';
import { parseSse, type SseEvent } from '@gemini/sse-parser';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type ExampleRun, noExporters, readmeExamples, runExample } from '../../scripts/readme-examples.ts';
import { root } from '../workspace-packages.ts';
import {
  installLimitMs,
  type RuntimeCommand,
  runtimeCommand,
  type RuntimeName,
  runtimeNames,
} from './runtimes/runtime-command.ts';

// Each test starts a program.
vi.setConfig({ maxConcurrency: 2 });

const commands = new Map<RuntimeName, RuntimeCommand>();
beforeAll(async () => {
  for (const name of runtimeNames) commands.set(name, await runtimeCommand(name));
}, installLimitMs);

// Imports resolve from this folder to the built packages: the condition of the sources is not set.
const folder = join(root, 'tests');

function start(name: RuntimeName, program: string, env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  const settings = { PATH, HOME, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
  // Longer than a test may take, so that no program outlives a test that hangs.
  const [command = '', ...args] = commands.get(name) ?? [];
  return spawn(command, [...args, program], {
    cwd: folder,
    env: { ...settings, ...env },
    timeout: 130_000,
  });
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<ExampleRun> {
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, exitCode: child.exitCode };
}

/** Each runtime's `console.log` lays out objects in its own way. In Node's way, their values can be compared. */
const nodeConsole =
  "console.log = ((format) => (...values) => process.stdout.write(`${format(...values)}\\n`))(process.getBuiltinModule('node:util').format);\n";

/** The pages with programs for a server. `browser` and `stream-log-redis` need a page and a Redis. */
const pages = [
  'README.md',
  ...['sse-parser', 'http-streaming', 'stream-manager', 'client', 'emulator', 'fetch', 'ai-sdk', 'opentelemetry'].map(
    (name) => `packages/${name}/README.md`,
  ),
  ...globSync('docs/*.md', { cwd: root }),
];

interface Example {
  readonly page: string;
  readonly line: number;
  readonly code: string;
  readonly output: string | undefined;
}

const examples: readonly Example[] = pages.flatMap((page) =>
  readmeExamples(join(root, page)).map(({ line, code, output }) => ({ page, line, code, output })),
);

interface Exception {
  readonly page: string;
  /** Part of the code of one example, and of no other on its page. */
  readonly marker: string;
  readonly reason: string;
}

/** An example that is not run, on one runtime or on both. */
interface Exclusion extends Exception {
  readonly on?: RuntimeName;
}

const resetOnDeno = 'a socket with a `readable` listener, as in undici, may lose the bytes that a reset follows';

/** The examples that are no programs with an end, and those whose output depends on a race in the runtime. */
const excluded: readonly Exclusion[] = [
  { page: 'packages/ai-sdk/README.md', marker: 'export function useAnswers', reason: 'a React hook, for a browser' },
  { page: 'packages/stream-manager/README.md', marker: 'createServer(', reason: 'a server; a test of its own runs it' },
  {
    page: 'docs/retry-and-resume.md',
    marker: 'checkpoint-then-text-then-reset',
    reason: resetOnDeno,
    on: 'Deno',
  },
  { page: 'docs/retry-and-resume.md', marker: 'reset-then-fine', reason: resetOnDeno, on: 'Deno' },
];

/** The examples that work on Bun with another import, because it replaces `undici` by a module that lacks parts. */
const undiciExamples: readonly Exception[] = [
  { marker: 'agent.assertNoPendingInterceptors', reason: 'Bun has no `MockAgent`' },
  { marker: 'new Agent().compose(recorder)', reason: 'Bun has no `Agent.compose`' },
  { marker: 'memory.disableNetConnect', reason: 'Bun has no `MockAgent.disableNetConnect`' },
].map((exception) => ({ page: 'docs/interception.md', ...exception }));

const isMarked = ({ page, code }: Example, exception: Exception): boolean =>
  page === exception.page && code.includes(exception.marker);

// A program takes a second of processor time. Those of `docs/` are for `pnpm proof`; Node runs them before each change.
const isTried = ({ page }: { readonly page: string }): boolean =>
  process.env['EVERY_CASE'] !== undefined || page.endsWith('README.md');

const examplesFor = (name: RuntimeName): readonly Example[] =>
  examples.filter(
    (example) =>
      isTried(example) &&
      !excluded.some((exclusion) => (exclusion.on ?? name) === name && isMarked(example, exclusion)),
  );

/** Runs an example beside an emulator of its own, which is in the process of this test. */
async function runBesideEmulator(
  { page, code }: Example,
  run: (code: string, env: NodeJS.ProcessEnv) => Promise<ExampleRun>,
): Promise<ExampleRun> {
  const isTransport = page === 'packages/http-streaming/README.md';
  const recording = { body: Buffer.from('data: one\n\ndata: two\n\n') };
  await using emulator = await createEmulator(isTransport ? { recording } : {});
  const streamUrl = `${emulator.url}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
  return await run(nodeConsole + code, { GEMINI_BASE_URL: emulator.url, STREAM_URL: streamUrl, ...noExporters });
}

async function runOn(name: RuntimeName, example: Example): Promise<ExampleRun> {
  const run = await runBesideEmulator(example, (code, env) => {
    const child = start(name, '-', env);
    child.stdin.end(code);
    return ended(child);
  });
  return { ...run, stdout: withoutVarying(run.stdout) };
}

const nodeRuns = new Map<Example, Promise<ExampleRun>>();

/** The output that the page shows, or else what Node prints. */
async function expectedOutput(example: Example): Promise<string> {
  if (example.output !== undefined) return withoutVarying(example.output);
  const run = nodeRuns.get(example) ?? runBesideEmulator(example, (code, env) => runExample(code, folder, env));
  nodeRuns.set(example, run);
  expect(await run).toMatchObject({ stderr: '', exitCode: 0 });
  return withoutVarying((await run).stdout);
}

/** Leaves out what differs between two runs on Node, too: ports, times, verdicts, and how many partial objects came. */
function withoutVarying(output: string): string {
  return output
    .replaceAll(/(?<=127\.0\.0\.1:)\d+/g, 'PORT')
    .replaceAll(/(?<="\w+Ms":)[\d.]+/g, 'TIME')
    .replaceAll(/\b(?:live|bursty|partial|buffered|inconclusive)\b(?: [\d.]+)?/g, 'VERDICT')
    .replaceAll(/^(?:[0-3] )+(?=\[)/gm, '');
}

describe.for(runtimeNames)('on %s, an example', (name) => {
  const own = name === 'Bun' ? undiciExamples.filter(isTried) : [];

  it.concurrent.for(examplesFor(name).filter((example) => !own.some((exception) => isMarked(example, exception))))(
    'prints the same as on Node: $page, line $line',
    async (example, { expect: expectHere }) => {
      const expected = await expectedOutput(example);
      expectHere(await runOn(name, example)).toEqual({ stdout: expected, stderr: '', exitCode: 0 });
    },
  );

  it.concurrent.for(own)('needs the import of the npm package: $marker', async (exception, { expect: expectHere }) => {
    const [example] = examples.filter((candidate) => isMarked(candidate, exception));
    if (example === undefined) throw new Error('expected an example with this marker');
    const expected = await expectedOutput(example);
    // If this fails, Bun has changed: take the entry off the list.
    expectHere((await runOn(name, example)).stderr).toMatch(/TypeError: .* is not a function/);
    const code = example.code.replace("from 'undici'", "from 'undici/index.js'");
    expectHere(await runOn(name, { ...example, code })).toEqual({ stdout: expected, stderr: '', exitCode: 0 });
  });
});

it.for([...excluded, ...undiciExamples])(
  'one example of its page has the marker of an exception: $marker',
  (exception) => {
    expect(examples.filter((example) => isMarked(example, exception))).toHaveLength(1);
  },
);

it.for(runtimeNames)('the example server of @gemini/stream-manager serves and resumes a stream on %s', async (name) => {
  const server = start(name, '-');
  try {
    const example = examples.find(
      ({ page, code }) => page === 'packages/stream-manager/README.md' && code.includes('createServer('),
    );
    server.stdin.end(example?.code);
    const [address] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(address.toString()) as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const { status, headers } = await fetch(`${url}/streams`, { method: 'POST' });
    expect(status).toBe(201);
    const follow = async (lastEventId = '') => {
      const { body } = await fetch(url + headers.get('location'), { headers: { 'last-event-id': lastEventId } });
      const events: SseEvent[] = [];
      if (body !== null) for await (const event of parseSse(body)) events.push(event);
      return events;
    };
    const events = await follow();
    const words = ['You', 'said', 'hello'].map((word) => JSON.stringify({ word }));
    expect(events.map(({ data }) => data)).toEqual([...words, '{"status":"completed","eventsCount":3}']);
    expect(await follow(events[1]?.id)).toEqual(events.slice(2));
  } finally {
    server.kill();
  }
});

/** The output of `main-path.mjs`. */
interface MainPath {
  readonly served: { readonly texts: readonly string[]; readonly rest: readonly string[] };
}

it.for(runtimeNames)('the client, the emulator and a server of %s work in one process', async (name) => {
  const { stdout, ...run } = await ended(start(name, join(import.meta.dirname, 'runtimes/main-path.mjs')));
  expect(run).toEqual({ stderr: '', exitCode: 0 });
  const { served, ...results } = JSON.parse(stdout) as MainPath;
  const whole = '1, 2, 3, 4, 5, 6, 7, 8, 9.';
  expect(results).toEqual({
    whole: { text: whole, status: 'completed', attempts: ['first'] },
    lost: { text: '1, 2, 3,', thrown: 'connection-lost', status: 'failed', attempts: ['first'] },
    cut: { text: '1, 2, 3,', thrown: 'truncated', status: 'truncated', attempts: ['first'] },
    resumed: { text: whole, status: 'completed', attempts: ['first', 'resume'] },
    left: { status: 'stopped', closedBy: 'client' },
    leftServed: { status: 200, closedBy: 'client' },
  });
  expect(served).toMatchObject({
    statuses: [200, 200, 204, 404],
    type: 'text/event-stream; charset=utf-8',
    end: 'completed',
  });
  expect(served.texts.join('')).toBe(whole);
  expect(served.rest).toEqual(served.texts.slice(2));
});
