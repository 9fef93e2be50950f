import type { Output } from '../terminal/output.ts';
import { summaryLine } from '../terminal/summary-line.ts';
import type { AnswerWriter } from './answer-writer.ts';

/**
 * The answer as text: thoughts on standard error, a summary where a person looks. `endsLine` ends the text's last line
 * in a pipe, too, where it would else be the model's to the byte.
 */
export function createTextWriter(output: Output, endsLine = output.isTerminal): AnswerWriter {
  let last: 'nothing' | 'thought' | 'text' = 'nothing';
  let onNewLine = true;
  const toNewLine = (): void => {
    if (last === 'thought') output.aside('\n');
    else if (!onNewLine && endsLine) output.model('\n');
    onNewLine = true;
  };
  return {
    event(event) {
      if (event.type === 'thought-delta') {
        output.aside(event.text);
        last = 'thought';
      } else if (event.type === 'text-delta' && event.candidate === 0 && event.text !== '') {
        if (last === 'thought') toNewLine();
        output.model(event.text);
        last = 'text';
        onNewLine = event.text.endsWith('\n');
      } else if (event.type === 'inline-data') {
        toNewLine();
        const bytes = Math.round((event.data.length * 3) / 4);
        output.note(`gemini-stream: ${event.mimeType ?? 'a file'}, ${bytes} bytes: --json has it`);
      }
    },
    end(facts) {
      toNewLine();
      if (output.isTerminal) output.dimNote(summaryLine(facts));
    },
  };
}
