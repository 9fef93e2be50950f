import { createInterface } from 'node:readline';

/** The next input of a conversation. */
type ChatInput =
  | { readonly type: 'message'; readonly text: string }
  /** Ctrl-C between two answers. */
  | { readonly type: 'interrupt' }
  | { readonly type: 'end' };

/** The source of a conversation's messages. */
interface ChatInputs {
  next(): Promise<ChatInput>;
  /** Closes standard input. */
  close(): void;
}

/** Reads each line of standard input as a message. */
export function createPipedInputs(): ChatInputs {
  const lines = linesOf(process.stdin);
  return {
    close: () => void lines.return(),
    async next() {
      const line = await lines.next();
      return line.done === true ? { type: 'end' } : { type: 'message', text: line.value };
    },
  };
}

// Not by readline, which also ends a line at U+2028 and U+2029.
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string, void> {
  let line = '';
  for await (const text of input.setEncoding('utf8') as AsyncIterable<string>) {
    const [first = '', ...more] = text.split('\n');
    line += first;
    for (const next of more) {
      yield line;
      line = next;
    }
  }
  if (line !== '') yield line;
}

/**
 * Reads messages at a prompt, with the earlier ones on the arrow keys. Lines that are pasted together are one message.
 * The keyboard is read only at the prompt, so that Ctrl-C during an answer is a signal as in any command.
 */
export function createTypedInputs(): ChatInputs {
  let history: string[] = [];
  return {
    // The editor of each prompt closes itself.
    close: () => undefined,
    next: () =>
      new Promise((resolve) => {
        const editor = createInterface({ input: process.stdin, output: process.stderr, history, prompt: '> ' });
        let result: ChatInput = { type: 'end' };
        const lines: string[] = [];
        const send = (): void => {
          // The last line of a paste may still be in the editor.
          if (lines.length === 0 || editor.line !== '') return;
          result = { type: 'message', text: lines.join('\n') };
          editor.close();
        };
        editor.on('line', (line) => {
          lines.push(line);
          // The keys of one paste come in one turn of the event loop.
          setImmediate(send);
        });
        editor.on('history', (typed) => (history = [...typed]));
        editor.on('SIGINT', () => {
          result = { type: 'interrupt' };
          editor.close();
        });
        editor.on('close', () => {
          if (result.type !== 'message') process.stderr.write('\n');
          resolve(result);
        });
        editor.prompt();
      }),
  };
}
