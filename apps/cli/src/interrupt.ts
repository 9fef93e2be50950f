import type { GeminiStream } from '@gemini/client';
import { constants } from 'node:os';
import { exitCodes } from './exit-code.ts';

/** Ctrl-C, and the signal of `timeout` and of a system that shuts down. */
const signals = ['SIGINT', 'SIGTERM'] as const;

/** Whether a signal has stopped something in this process. */
let isInterrupted = false;

/** Stops the stream at the first signal, which keeps the partial answer; ends the process at the second. */
export function stopOnInterrupt(stream: Pick<GeminiStream, 'stop'>): Disposable {
  let isStopped = false;
  function onSignal(): void {
    // oxlint-disable-next-line unicorn/no-process-exit -- the second interrupt asks for exactly this
    if (isStopped) process.exit(exitCodes.interrupted);
    isStopped = true;
    isInterrupted = true;
    stream.stop('interrupted');
  }
  for (const signal of signals) process.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/**
 * Ends the process at a signal that has no other listener: before a stream exists, and while a command winds down. The
 * listener stays for the whole life of the process. Node loses a signal that arrives just as its last listener is
 * removed, and the system's default action would replace the exit code.
 */
export function exitOnUnheardSignal(): void {
  for (const signal of signals) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      // oxlint-disable-next-line unicorn/no-process-exit -- the signal asks for exactly this
      process.exit(isInterrupted ? exitCodes.interrupted : 128 + constants.signals[signal]);
    });
  }
}
