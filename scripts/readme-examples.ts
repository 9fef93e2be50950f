import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** One fenced `ts` block of a document. */
export interface ReadmeExample {
  /** The line of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** The name after `ts server` or `ts module`, if there is one. */
  readonly name: string | undefined;
  /** Its expected output: the `text` block right after it, if there is one. */
  readonly output: string | undefined;
}

/**
 * The `ts` blocks of a Markdown file, in order. `serverExamples` and `moduleExamples` have the marked ones.
 */
export function readmeExamples(path: string): ReadmeExample[] {
  return blocks(path, /^```ts\n(?<code>.*?)^```$(?:\n\n```text\n(?<output>.*?)^```$)?/gms);
}

/** The `ts server` blocks: programs that print their address as JSON and run until they are ended. */
export function serverExamples(path: string): ReadmeExample[] {
  return blocks(path, /^```ts server(?: (?<name>\S+))?\n(?<code>.*?)^```$/gms);
}

/** The `ts module <file>` blocks: files that the servers of the page, or its browsers, import. */
export function moduleExamples(path: string): ReadmeExample[] {
  return blocks(path, /^```ts module (?<name>\S+)\n(?<code>.*?)^```$/gms);
}

function blocks(path: string, pattern: RegExp): ReadmeExample[] {
  const markdown = readFileSync(path, 'utf8');
  return [...markdown.matchAll(pattern)].map((match) => ({
    line: markdown.slice(0, match.index).split('\n').length + 1,
    code: match.groups?.['code'] ?? '',
    name: match.groups?.['name'],
    output: match.groups?.['output'],
  }));
}

/** The output and the exit code of a program. */
export interface ExampleRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** Above the time limit of a test, so that the test fails first and the program does not outlive it for long. */
const exampleLimitMs = 130_000;

/**
 * A folder for `NODE_COMPILE_CACHE`: two thirds of a program's start-up are saved if the sources are not compiled again
 * each time.
 */
export const compileCache = join(import.meta.dirname, '../node_modules/.cache/compiled');

/** OpenTelemetry's SDK exports to a collector by default; beside an example there is no collector. */
export const noExporters = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

/** Runs an example as its own program, from the sources, as if it stood in `folder`. */
export async function runExample(code: string, folder: string, env: NodeJS.ProcessEnv = {}): Promise<ExampleRun> {
  const child = spawn(process.execPath, ['--conditions=@gemini/source', '--input-type=module-typescript', '-'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, ...env },
    timeout: exampleLimitMs,
  });
  child.stdin.end(knowsUsing ? code : withoutUsing(code));
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null ? once(child, 'close') : undefined,
  ]);
  return { stdout, stderr, exitCode: child.exitCode };
}

const knowsUsing = Number(process.versions.node.split('.')[0]) >= 24;

/** The same at the top level of a program, for a Node that does not know `await using` yet. */
export function withoutUsing(code: string): string {
  const names = [...code.matchAll(/^await using (\w+) =/gm)].map((match) => match[1]);
  const disposals = names.toReversed().map((name) => `await ${name}[Symbol.asyncDispose]();\n`);
  return `${code.replaceAll(/^await using (\w+) =/gm, 'const $1 =')}\n${disposals.join('')}`;
}
