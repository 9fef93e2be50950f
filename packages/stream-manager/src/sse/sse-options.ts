import type { StreamPosition } from '../event-log.ts';
import { checkFunctions, checkLimit, checkNames, checkSubscribeOptions } from '../options.ts';
import type { OnSlow, StreamEnd } from '../types.ts';

/** The data of a frame, or its data and event name. The names `open`, `error`, `end` and `gap` are reserved. */
export type EncodedEvent = string | { readonly data: string; readonly event?: string | undefined };

/** Options of `toSseResponse`, and of `pipeSse`. */
export interface SseOptions<Event = unknown, Result = unknown> {
  /**
   * The last `id:` that the reader has received: it gets the events after it.
   * @defaultValue none, so that everything is replayed; `pipeSse` takes the request's `Last-Event-ID`
   */
  readonly lastEventId?: string | null | undefined;
  /**
   * Returns the data of an event's frame, or undefined to leave the event out. Pass the same function for all readers of
   * a stream: each event is then encoded once for all of them.
   * @defaultValue `JSON.stringify`
   */
  readonly encode?: ((event: Event, position: StreamPosition) => EncodedEvent | undefined) | undefined;
  /**
   * Returns the data of the last frame, `event: end`.
   * @defaultValue JSON of the end's `status`, `eventsCount`, a `reason` that is a string, and the `name` and `code` of an
   * error; never its message or the result
   */
  readonly encodeEnd?: ((end: StreamEnd<Result>) => string) | undefined;
  /** @defaultValue 15,000. A comment is sent after a silence this long, so that proxies keep the connection. `Infinity` is off. */
  readonly keepAliveMs?: number | undefined;
  /** The time that a browser should wait before it reconnects. @defaultValue the browser's own, about 3 s */
  readonly retryMs?: number | undefined;
  /** Sent with every answer, also with 204, 404 and 410; wins over the headers set here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The treatment of a reader whose connection is full. @defaultValue `'buffer'` */
  readonly onSlow?: OnSlow | undefined;
  /** The answer if part of the replay has been trimmed: 410, or a frame `event: gap`. @defaultValue `'fail'` */
  readonly onHistoryLost?: 'fail' | 'gap' | undefined;
}

/** A comment after each 15 s of silence: Cloudflare cuts at 125 s, other proxies at 30 to 60. */
export const defaultKeepAliveMs = 15_000;

const optionNames = [
  'lastEventId',
  'encode',
  'encodeEnd',
  'keepAliveMs',
  'retryMs',
  'headers',
  'onSlow',
  'onHistoryLost',
];

/** @throws TypeError for an unknown option and for an invalid value; `retryMs` is checked when it is encoded */
export function checkSseOptions(options: SseOptions<never, never>): void {
  const { keepAliveMs, onSlow, onHistoryLost } = options;
  checkNames('server-sent events', options, optionNames);
  checkFunctions(options, ['encode', 'encodeEnd']);
  checkSubscribeOptions({ onSlow, onHistoryLost });
  if (keepAliveMs !== undefined) checkLimit('keepAliveMs', keepAliveMs);
}
