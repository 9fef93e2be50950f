import type { Output } from '../terminal/output.ts';
import type { AnswerWriter } from './answer-writer.ts';

/** How the events are written as JSON. */
export interface JsonWriterOptions {
  /** Told in the last line. */
  readonly emulated: boolean;
  /** Adds `atMs` to each event. */
  readonly timed: boolean;
}

/** Each event as a line of JSON; the last, and no other, has the type `end`. */
export function createJsonWriter(output: Output, { emulated, timed }: JsonWriterOptions): AnswerWriter {
  return {
    event: (event, atMs) => output.json(timed ? { ...event, atMs } : event),
    end({ outcome, timing, verdict }) {
      const { error, ...facts } = outcome;
      const failure = error && {
        code: error.code,
        message: error.message,
        status: error.status,
        reason: error.reason,
        retryable: error.retryable,
      };
      output.json({
        type: 'end',
        emulated,
        verdict: verdict.kind,
        cause: verdict.cause,
        ...facts,
        error: failure,
        ...(timed ? { timing } : {}),
      });
    },
  };
}

/** The server's chunks as they came, one a line, and nothing else. */
export function createChunkWriter(output: Output): AnswerWriter {
  return {
    event: (event) => event.type === 'chunk' && output.json(event.chunk),
    end: () => undefined,
  };
}
