import type { Output } from '../terminal/output.ts';
import { summaryLine } from '../terminal/summary-line.ts';
import { visibleText } from '../terminal/visible-text.ts';
import type { AnswerWriter } from './answer-writer.ts';

/** Each piece on a line of its own: its time since the prompt, since the piece before, and what it says. */
export function createTimedWriter(output: Output): AnswerWriter {
  let lastMs = 0;
  return {
    event(event, atMs) {
      if (event.type !== 'text-delta' && event.type !== 'thought-delta') return;
      const times = `${atMs.toFixed(1).padStart(9)} ms ${`+${(atMs - lastMs).toFixed(1)}`.padStart(9)}  `;
      const text = JSON.stringify(event.text);
      const shown = output.isTerminal ? visibleText(text) : text;
      output.line(output.style('dim', times) + (event.type === 'thought-delta' ? output.style('dim', shown) : shown));
      lastMs = atMs;
    },
    end(facts) {
      if (output.isTerminal) output.dimNote(summaryLine(facts));
    },
  };
}
