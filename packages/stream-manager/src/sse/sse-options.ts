import type { StreamPosition } from '../event-log.ts';
import type { OnSlow, StreamEnd } from '../types.ts';

/** What a frame says: its data alone, or with an event name. `open`, `error`, `end` and `gap` are not free to use. */
export type EncodedEvent = string | { readonly data: string; readonly event?: string | undefined };

/** How a stream is served as server-sent events. */
export interface SseOptions<Event = unknown, Result = unknown> {
  /**
   * The last `id:` the reader holds: it gets what follows.
   * @defaultValue none, so that everything is replayed; `pipeSse` takes the request's `Last-Event-ID`
   */
  lastEventId?: string | null | undefined;
  /**
   * Makes a frame's data of an event; undefined leaves the event out. Pass one and the same function for all readers of
   * a stream: each event is then encoded once for all of them.
   * @defaultValue `JSON.stringify`
   */
  encode?: ((event: Event, position: StreamPosition) => EncodedEvent | undefined) | undefined;
  /**
   * Makes the data of the last frame, `event: end`.
   * @defaultValue JSON of the end's `status`, `eventsCount`, a `reason` that is a string, and of an error its `name` and
   * `code`; never its message or the result
   */
  encodeEnd?: ((end: StreamEnd<Result>) => string) | undefined;
  /** @defaultValue 15,000. After a silence this long a comment is sent, so that proxies keep the connection. */
  keepAliveMs?: number | undefined;
  /** How long a browser should wait before it reconnects. @defaultValue the browser's own, about 3 s */
  retryMs?: number | undefined;
  /** Sent with every answer, also with 204, 404 and 410; wins over the headers set here. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** What to do about a reader whose connection is full. @defaultValue `'buffer'` */
  onSlow?: OnSlow | undefined;
  /** What to do when part of the replay has been trimmed: 410, or a frame `event: gap`. @defaultValue `'fail'` */
  onHistoryLost?: 'fail' | 'gap' | undefined;
}

/** A comment after each 15 s of silence: Cloudflare cuts at 125 s, other proxies at 30 to 60. */
export const defaultKeepAliveMs = 15_000;
