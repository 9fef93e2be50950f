import type { GeminiStream } from '@gemini/client';
import { constants } from 'node:os';
import { exitCodes } from './exit-code.ts';

/** What asks for an end: Ctrl-C, and what `timeout` and a closing system send. */
const signals = ['SIGINT', 'SIGTERM'] as const;

/** The first signal stops the stream, and what came stays; the second ends the process at once. */
export function stopOnInterrupt(stream: Pick<GeminiStream, 'stop'>): Disposable {
  let interrupted = false;
  const onSignal = (): void => {
    // oxlint-disable-next-line unicorn/no-process-exit -- the second interrupt asks for exactly this
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    stream.stop('interrupted');
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/**
 * Ends the process on a signal that nothing else listens to, as the system would. For the whole life of the process:
 * where the last listener is taken off just as a signal comes, Node loses the signal, and a command whose output is
 * stuck would go on.
 */
export function endOnUnheardSignal(): void {
  for (const signal of signals) {
    process.on(signal, () => {
      // oxlint-disable-next-line unicorn/no-process-exit -- it is what the signal asks for
      if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
    });
  }
}
