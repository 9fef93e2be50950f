import { isLoopbackHost } from '@gemini/http-streaming';
import { createAnswerWriter, formatOptions } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { followUrl } from '../answer/follow-url.ts';
import { defineCommand } from '../command.ts';
import { connect, connectionOptions, needsEmulator } from '../connect.ts';
import { UsageError, exitCodeOf } from '../exit-code.ts';
import { screenOptions } from '../terminal/answer-screen.ts';

/** `gemini-stream follow`: streams an answer that was started elsewhere. */
export const followCommand = defineCommand({
  usage: ['follow [options] INTERACTION', 'follow [options] URL'],
  options: {
    after: { type: 'string', value: 'ID', description: 'only the events after this one' },
    ...formatOptions,
    ...screenOptions,
    ...connectionOptions,
  },
  examples: [
    ['follow v1_ChdhYmM', 'an interaction, from its start: a background run, or a stream that was lost'],
    ['follow v1_ChdhYmM --after 42', 'the same, from where you left it'],
    ['follow http://127.0.0.1:8080/streams/7', 'a stream that a server of yours re-serves'],
  ],
  notes: [
    'An interaction needs the key that started it. A URL is read without a key, and only by https unless it is this machine.',
  ],
  async run({ values, positionals, rest = [], output }) {
    const [target, ...more] = [...positionals, ...rest];
    if (target === undefined || more.length > 0) {
      throw new UsageError('expected one interaction or URL: gemini-stream follow TARGET (follow --help shows more)');
    }
    if (/^https?:\/\//i.test(target)) return followUrl(readUrl(target), values, output);
    if (needsEmulator(values)) {
      throw new UsageError(
        'no API key: an interaction is found only by the API that has it (GEMINI_API_KEY, --base-url)',
      );
    }
    const connection = await connect(values, output);
    try {
      const { interactions } = connection.gemini;
      const options = { after: values.after, rawChunks: values.raw, keepContent: values.json };
      const writer = createAnswerWriter(values, false, output);
      return exitCodeOf(await showAnswer(() => interactions.follow(target, options), writer, output));
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});

function readUrl(target: string): URL {
  if (!URL.canParse(target)) throw new UsageError(`expected a URL, got ${JSON.stringify(target)}`);
  const url = new URL(target);
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new UsageError(`the answer would come unencrypted from ${url.host}: use https`);
  }
  return url;
}
