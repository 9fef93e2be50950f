import type { GeminiStream } from '@gemini/client';
import { exitCodes } from './exit-code.ts';

/** Ctrl-C once stops the stream, and what came stays; twice ends the process at once. */
export function stopOnInterrupt(stream: Pick<GeminiStream, 'stop'>): Disposable {
  let interrupted = false;
  const onInterrupt = (): void => {
    // oxlint-disable-next-line unicorn/no-process-exit -- the second interrupt asks for exactly this
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    stream.stop('interrupted');
  };
  process.on('SIGINT', onInterrupt);
  return { [Symbol.dispose]: () => void process.off('SIGINT', onInterrupt) };
}
