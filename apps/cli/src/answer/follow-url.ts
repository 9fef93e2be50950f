import type { ServedEnd } from '@gemini/client/sse';
import { HttpStreamError, openEventStream } from '@gemini/http-streaming';
import { setTimeout as wait } from 'node:timers/promises';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { failureText } from '../failure-text.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import { type AnswerScreen, type ScreenValues, openScreen } from '../terminal/answer-screen.ts';
import type { Output } from '../terminal/output.ts';
import type { FormatValues } from './answer-writers.ts';

/** Connections in a row that may bring nothing new. */
const maxIdleConnections = 5;
const defaultDelayMs = 1_000;
const maxDelayMs = 30_000;

/** A slow reader of the output (`| less`) may pause the stream without a limit. Attempts are counted here. */
const options = { retry: false, unreadTimeoutMs: Infinity } as const;

/** Errors after which the same request, with the id of the last event, can continue the stream. */
const isPassing: ReadonlySet<string> = new Set([
  'connect-failed',
  'connect-timeout',
  'headers-timeout',
  'idle-timeout',
  'content-idle-timeout',
  'connection-lost',
  'invalid-body',
  'empty-body',
]);

/**
 * Shows a stream that a server re-serves as server-sent events. It reconnects after the last event that it got, until the
 * last frame (`event: end`), and gives up after five connections without a new event. Resolves with the exit code of the
 * outcome in that frame.
 * @throws UsageError for `--timing`
 */
export async function followUrl(
  url: URL,
  values: FormatValues & ScreenValues & { readonly after: string | undefined },
  output: Output,
): Promise<number> {
  const { json, raw, timing, after } = values;
  if (timing) throw new UsageError('--timing: a re-served stream has no times of its own');
  const interrupted = new AbortController();
  const interrupt = stopOnInterrupt({ stop: () => interrupted.abort() });
  const screen = await openScreen(values, output);
  const show = json || raw ? (data: string) => output.line(data) : textWriter(screen, output);
  const { signal } = interrupted;
  let lastEventId = after;
  try {
    for (let idle = 0; ; idle += 1) {
      let delayMs = defaultDelayMs;
      let failure: HttpStreamError | undefined;
      try {
        // One connection after another.
        // oxlint-disable-next-line no-await-in-loop
        const stream = await openEventStream({ url, lastEventId, signal }, options);
        // oxlint-disable-next-line no-await-in-loop
        for await (const { data, event, id, unterminated } of stream) {
          // The connection broke inside the event: the next one sends it whole.
          if (unterminated === true) break;
          if (event === 'end') {
            if (json || raw) output.line(data);
            return endOf(data, screen, output);
          }
          if (event === 'gap') output.note('gemini-stream: events are missing here');
          else show(data);
          if (id !== undefined) lastEventId = id;
          idle = 0;
          await output.drained();
        }
        delayMs = stream.retryDelayMs ?? defaultDelayMs;
      } catch (error) {
        if (!(error instanceof HttpStreamError)) throw error;
        if (signal.aborted) return exitCodes.interrupted;
        failure = error;
        if (error.status === 204) return exitCodes.ok;
        if (!error.transient && !isPassing.has(error.code)) return failed(error, output);
        delayMs = error.retryAfterMs ?? defaultDelayMs;
      }
      if (idle + 1 >= maxIdleConnections) return failed(failure, output);
      // oxlint-disable-next-line no-await-in-loop
      await wait(Math.min(delayMs, maxDelayMs), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return exitCodes.interrupted;
    }
  } finally {
    interrupt[Symbol.dispose]();
  }
}

function textWriter(screen: AnswerScreen, output: Output): (data: string) => void {
  return (data) => {
    const { type, text, candidate = 0 } = (parsed(data) ?? {}) as Readonly<Record<string, unknown>>;
    if (type === 'discard') {
      screen.endLine();
      output.note('gemini-stream: the answer starts over');
    }
    if (typeof text !== 'string' || candidate !== 0) return;
    if (type === 'text-delta') screen.write(text);
    else if (type === 'thought-delta') screen.aside(text);
  };
}

function endOf(data: string, screen: AnswerScreen, output: Output): number {
  const end = parsed(data) as ServedEnd | undefined;
  if (output.isTerminal) screen.endLine();
  if (typeof end?.status !== 'string') return exitCodes.ok;
  if (end.status !== 'completed') {
    const why = end.blockReason ?? end.error?.code ?? end.finishReason;
    output.note(`gemini-stream: ${end.status}${why === undefined ? '' : `: ${why}`}`);
  }
  return exitCodeOf(end as Parameters<typeof exitCodeOf>[0]);
}

function failed(error: HttpStreamError | undefined, output: Output): number {
  const reason = error === undefined ? 'the stream ended without its last frame' : failureText(error);
  output.note(`gemini-stream: ${reason}`);
  return error === undefined ? exitCodes.truncated : isPassing.has(error.code) ? exitCodes.network : exitCodes.error;
}

function parsed(data: string): object | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
