import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openEventStream } from '@gemini/http-streaming';
import { serverExamples } from '../../../scripts/readme-examples.ts';
import { root } from '../../workspace-packages.ts';
import { leaseMs } from './redis-nodes.ts';

/** A process that runs a program of a page. */
export interface PageProcess extends AsyncDisposable {
  /** The first line that it prints. */
  readonly firstLine: string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code; null if a signal has ended it. */
  readonly exited: Promise<number | null>;
}

/** A process that runs a server of a page. */
export interface PageServer extends PageProcess {
  readonly origin: string;
}

/** The addresses that a page's program uses. */
export interface PageWorld {
  readonly redisPort: number;
  readonly geminiUrl: string;
}

/** Runs the program of a page with the leases of the tests. `replace` changes its settings: each must be there. */
export async function runPageProgram(
  page: string,
  index: number,
  { redisPort, geminiUrl }: PageWorld,
  replace: Readonly<Record<string, string>> = {},
): Promise<PageProcess> {
  let code = serverExamples(join(root, page))[index]?.code ?? '';
  const own = code.includes('redisStreamLog')
    ? { 'redisStreamLog({ client })': `redisStreamLog({ client, leaseMs: ${leaseMs} })` }
    : {};
  const changes = { ...own, ...replace };
  for (const [from, to] of Object.entries(changes)) {
    if (!code.includes(from)) throw new Error(`the program has no ${from}`);
    code = code.replace(from, to);
  }
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@gemini/source', '--input-type=module-typescript', '-'],
    {
      cwd: join(root, 'tests'),
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        GEMINI_BASE_URL: geminiUrl,
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin?.end(code);
  const exited = once(child, 'exit').then(([exitCode]) => exitCode as number | null);
  const [printed] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return {
    firstLine: printed.toString(),
    signal: (signal) => void child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a server of a page. */
export async function startPageServer(...given: Parameters<typeof runPageProgram>): Promise<PageServer> {
  const program = await runPageProgram(...given);
  const { port } = JSON.parse(program.firstLine) as AddressInfo;
  return { ...program, origin: `http://127.0.0.1:${port}` };
}

/** The state of an `EventSource`, over all its connections. */
export interface Reading {
  text: string;
  lastEventId: string | undefined;
  /** The data of the served end. */
  end: { readonly status: string; readonly error?: { readonly code: string } } | undefined;
}

/** A reading that has not begun. */
export const beginReading = (): Reading => ({ text: '', lastEventId: undefined, end: undefined });

/** Reads on from where a reading is, at most so many events further; the connection may be lost. */
export async function readOn(origin: string, id: string, reading: Reading, most = Infinity): Promise<void> {
  const { lastEventId } = reading;
  const stream = await openEventStream({ url: `${origin}/streams/${id}`, lastEventId }, { retry: false });
  let count = 0;
  for await (const frame of stream) {
    if (frame.event === 'end') reading.end = JSON.parse(frame.data) as Reading['end'];
    else {
      const event = JSON.parse(frame.data) as { type: string; text?: string };
      if (event.type === 'text-delta') reading.text += event.text;
    }
    reading.lastEventId = frame.id;
    count += 1;
    if (count === most) return;
  }
}

/** A prompt, and the long answer that the emulator gives to it. */
const numerals = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
export const longPrompt = `Say ${numerals.flatMap((tens) => numerals.map((ones) => `${tens} ${ones}`)).join(' ')}`;
export const longAnswer = longPrompt.slice('Say '.length);

/** Each chunk of an answer has a token, from which another request can continue it. */
export const withTokens = {
  name: 'tokens',
  description: 'Each chunk has a token.',
  steps: [{ faults: [{ type: 'checkpoints', everyPieces: 1 }] }],
} as const;
