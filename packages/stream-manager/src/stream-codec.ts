import { StreamManagerError, type StreamManagerErrorCode } from './errors.ts';
import type { EventLog } from './event-log.ts';
import type { StreamEnd } from './types.ts';

/**
 * Writes events and ends as lines of text for a stream log, and reads them back. A line contains no line feed. Encoding
 * may happen more than once for one event. An error that encoding throws fails the stream; one that decoding throws
 * fails the copy of the process that cannot read the line.
 */
export interface StreamCodec<Event, Result> {
  encodeEvent(event: Event): string;
  decodeEvent(line: string): Event;
  /** Writes an end. The reason of a stop from another process is written as a stopped end without events. */
  encodeEnd(end: StreamEnd<Result>): string;
  decodeEnd(line: string): StreamEnd<Result>;
  /**
   * Returns the end of a stream that fails because of its log, such as `producer-lost`, in the application's own form.
   * `events` are those that are still held, and `result` is what the source made of the abort, if it was running here.
   * `trimmedCount` is the number of older events, which are no longer held.
   * @defaultValue the error and the result as they are
   */
  failedEnd?(
    error: StreamManagerError,
    events: readonly Event[],
    result: Result | undefined,
    trimmedCount: number,
  ): Pick<StreamEnd<Result>, 'error' | 'result'>;
}

/** Returns the end of a stream that fails because of its log. An error that the codec throws is not passed on. */
export function failedEnd<Event, Result>(
  codec: StreamCodec<Event, Result>,
  error: unknown,
  log: Pick<EventLog<Event>, 'held' | 'oldest'>,
  result?: Result,
): Pick<StreamEnd<Result>, 'error' | 'result'> {
  if (codec.failedEnd === undefined || !(error instanceof StreamManagerError)) return { error, result };
  try {
    return codec.failedEnd(error, log.held(), result, log.oldest);
  } catch {
    return { error, result };
  }
}

/** An error as the default codec writes it. */
interface WrittenError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
}

/** An end in which what JSON cannot hold is replaced. */
interface WrittenEnd extends Omit<StreamEnd<unknown>, 'error' | 'reason'> {
  readonly error?: Written | undefined;
  readonly reason?: Written | undefined;
}

type Written = { readonly error: WrittenError } | { readonly value: unknown };

/**
 * Returns the default codec: JSON. An error, also as the reason of a stop, keeps its name, message and code and comes
 * back as an `Error`, or as a `StreamManagerError` if it was one; it keeps no stack, cause or other field.
 */
export function jsonCodec<Event, Result>(): StreamCodec<Event, Result> {
  return {
    encodeEvent: (event) => textOf(event, 'the event'),
    decodeEvent: (line) => JSON.parse(line) as Event,
    encodeEnd({ error, reason, ...end }) {
      const written: WrittenEnd = { ...end, error: write(error), reason: write(reason) };
      return textOf(written, 'the end');
    },
    decodeEnd(line) {
      const { error, reason, ...end } = JSON.parse(line) as WrittenEnd;
      return {
        ...end,
        ...(error !== undefined && { error: read(error) }),
        ...(reason !== undefined && { reason: read(reason) }),
      } as StreamEnd<Result>;
    },
  };
}

function textOf(value: unknown, what: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`stream log: ${what} has no form in JSON, got ${typeof value}`);
  return text;
}

function write(value: unknown): Written | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof Error)) return { value };
  const { name, message, code } = value as Error & { code?: unknown };
  return { error: { name, message, ...(isPlain(code) && { code }) } };
}

function read(written: Written): unknown {
  if (!('error' in written)) return written.value;
  const { name, message, code } = written.error;
  if (name === 'StreamManagerError') return new StreamManagerError(code as StreamManagerErrorCode, message);
  const error = new Error(message);
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

function isPlain(code: unknown): boolean {
  return typeof code === 'string' || typeof code === 'number';
}
