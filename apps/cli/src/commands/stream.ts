import { createAnswerWriter, formatOptions } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { defineCommand } from '../command.ts';
import { connect, connectionOptions, refuseInventedAnswer } from '../connect.ts';
import { exitCodeOf } from '../exit-code.ts';
import { interactionOptions, readAnswer } from '../prompt/interaction-prompt.ts';
import { promptOptions } from '../prompt/prompt-options.ts';
import { screenOptions } from '../terminal/answer-screen.ts';

/** `gemini-stream "prompt"`: one answer on standard output. */
export const streamCommand = defineCommand({
  usage: ['[options] "prompt"', '[options] < prompt.txt', '[options] "about this" < notes.md'],
  options: { ...promptOptions, ...formatOptions, ...screenOptions, ...interactionOptions, ...connectionOptions },
  examples: [
    ['"Why do tides follow the moon?"', 'the answer as it is generated'],
    ['"Name the errors" < build.log', 'with standard input as context'],
    ['-f chart.png -f notes.md "Do they agree?"', 'with files'],
    ['--json-schema recipe.json "Pancakes" | jq', 'an answer in JSON'],
    ['--thinking "How many primes below 100?"', 'with thoughts on standard error'],
    ['--json hi | jq -c .type', 'the events of the answer'],
    ['--timing "Count from 1 to 10"', 'with the time of each piece'],
    ['--api interactions --background "Compare …"', 'a run that continues at the server if you leave'],
  ],
  notes: [
    'If standard input is a pipe or a file, it goes before the prompt; - in the prompt marks its place. In a loop that reads\n' +
      'standard input itself, give each call its own: gemini-stream "…" < /dev/null',
  ],
  async run({ values, positionals, rest = [], output }) {
    const start = await readAnswer(values, [...positionals, ...rest]);
    refuseInventedAnswer(values, output);
    const connection = await connect(values, output);
    try {
      const { gemini, emulator } = connection;
      const writer = createAnswerWriter(values, emulator !== undefined, output);
      const outcome = await showAnswer(() => start(gemini), writer, output);
      if (values.background && outcome.status === 'stopped' && outcome.interactionId !== undefined) {
        output.note(`gemini-stream: the run continues: gemini-stream follow ${outcome.interactionId}`);
      }
      return exitCodeOf(outcome);
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});
