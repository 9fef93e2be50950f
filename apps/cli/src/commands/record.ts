import type { Gemini, GeminiStream } from '@gemini/client';
import { type Emulator, createEmulator } from '@gemini/emulator';
import { childEnvironment, runChild } from '@gemini/emulator/command';
import { isLoopbackHost } from '@gemini/http-streaming';
import { existsSync } from 'node:fs';
import { createAnswerWriter, formatOptions } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { type OptionValues, defineCommand } from '../command.ts';
import {
  connect,
  connectionOptions,
  googleBaseUrl,
  namedBaseUrl,
  needsEmulator,
  startEmulator,
  usesVertex,
} from '../connect.ts';
import { UsageError, exitCodeOf } from '../exit-code.ts';
import { interactionOptions, readAnswer } from '../prompt/interaction-prompt.ts';
import { promptOptions } from '../prompt/prompt-options.ts';
import { screenOptions } from '../terminal/answer-screen.ts';
import type { Output } from '../terminal/output.ts';

const options = {
  force: { type: 'boolean', description: 'overwrite FILE' },
  ...formatOptions,
  ...screenOptions,
  ...promptOptions,
  ...interactionOptions,
  ...connectionOptions,
} as const;

/** `gemini-stream record`: records an answer, or the streams of a command, byte for byte through a proxy. */
export const recordCommand = defineCommand({
  usage: ['record FILE "prompt"', 'record FILE -- COMMAND [ARGUMENT…]'],
  options,
  examples: [
    ['record bug.ndjson "Why?"', 'record an answer with the time of every byte'],
    ['record bug.ndjson -- node agent.js', 'record every request of your program'],
    ['replay bug.ndjson', 'play it again'],
  ],
  notes: [
    'The command finds the proxy by GEMINI_BASE_URL, GOOGLE_GEMINI_BASE_URL and GOOGLE_VERTEX_BASE_URL, and keeps its own\n' +
      'keys. FILE contains prompts and answers in full, and no key; only you can read it. Its format: docs/testing-with-the-emulator.md.',
  ],
  async run({ values, positionals, rest, output }) {
    const [file, ...words] = positionals;
    if (file === undefined) throw new UsageError('record: expected FILE, then a prompt or -- COMMAND');
    if (rest !== undefined && words.length > 0) {
      throw new UsageError('record: expected a prompt or -- COMMAND, got both');
    }
    if (rest?.length === 0) throw new UsageError('record: expected a COMMAND after --');
    if (!values.force && existsSync(file)) throw new UsageError(`${file} exists: --force overwrites it`);
    if (usesVertex(values) && namedBaseUrl(values) === undefined) {
      throw new UsageError(
        'record: for Vertex AI name its server, such as --base-url https://aiplatform.googleapis.com',
      );
    }
    // First, so that an invalid prompt leaves the file untouched.
    const start = rest === undefined ? await readAnswer(values, words) : undefined;
    const source = needsEmulator(values) ? await startEmulator(output) : undefined;
    try {
      const target = targetOf(source?.url ?? namedBaseUrl(values) ?? googleBaseUrl);
      const proxy = await createEmulator({ record: { target, file } });
      try {
        if (start !== undefined) return await ask(proxy, start, values, source !== undefined, output);
        const environment = childEnvironment(proxy.url, process.env, source === undefined);
        return await runChild(rest ?? [], environment, process, 'gemini-stream');
      } finally {
        await proxy.close();
        output.note(`gemini-stream: ${contentsOf(file, proxy.requests.length)}`);
      }
    } finally {
      await source?.close();
    }
  },
});

async function ask(
  proxy: Emulator,
  start: (gemini: Gemini) => GeminiStream,
  values: OptionValues<typeof options>,
  emulated: boolean,
  output: Output,
): Promise<number> {
  const { gemini } = await connect({ ...values, 'base-url': proxy.url }, output);
  const writer = createAnswerWriter(values, emulated, output);
  return exitCodeOf(await showAnswer(() => start(gemini), writer, output));
}

// The client refuses to send a key unencrypted, but it only knows the proxy on this machine.
function targetOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))) return baseUrl;
  throw new UsageError(`record: expected an https URL, or a server on this machine, got ${baseUrl}`);
}

function contentsOf(file: string, exchangesCount: number): string {
  if (exchangesCount === 0) return `no request was sent, so ${file} is empty`;
  const exchanges = exchangesCount === 1 ? '1 exchange' : `${exchangesCount} exchanges`;
  return `${exchanges} in ${file}: prompts and answers, but no keys`;
}
