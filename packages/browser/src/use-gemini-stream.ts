import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { firstSnapshot, type StreamSnapshot, StreamStore } from './stream-store.ts';
import type { FollowOptions, FollowRequest, ServedEvent } from './types.ts';

/** Options of `useGeminiStream`. The hook reads them when it sends its first request. */
export interface UseGeminiStreamOptions<Event = ServedEvent> extends FollowOptions<Event> {
  /** Called with each event, also with those that are no text. */
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/** The stream as the component shows it. */
export interface GeminiStreamState extends Omit<StreamSnapshot, 'key'> {
  /** Asks the server to stop the stream. */
  readonly stop: () => Promise<void>;
}

/**
 * Follows a stream while the component is mounted, and renders at most once a frame. `null` follows nothing. A new
 * target is one with another url, method, body or `key`; headers do not count. Unmounting leaves the stream and does not
 * stop it. On a server nothing is requested.
 */
export function useGeminiStream<Event = ServedEvent>(
  target: string | URL | FollowRequest | null,
  options: UseGeminiStreamOptions<Event> = {},
): GeminiStreamState {
  const [store] = useState(() => new StreamStore<Event>());
  const key = target === null ? undefined : keyOf(target);
  const latest = useRef({ target, options });
  useEffect(() => {
    latest.current = { target, options };
  });
  useEffect(() => {
    const { target: current, options: given } = latest.current;
    if (key === undefined || current === null) return undefined;
    const { onEvent: _onEvent, ...followOptions } = given;
    return store.follow(key, current, followOptions, (event) => latest.current.options.onEvent?.(event));
  }, [store, key]);
  const held = useSyncExternalStore(
    store.subscribe,
    () => store.snapshot,
    () => store.snapshot,
  );
  const stop = useCallback(() => store.stop(), [store]);
  // The effect of a new target runs after this render, which must not show the text of the old one.
  const { key: _key, ...shown } = held.key === key ? held : firstSnapshot(key);
  return { ...shown, stop };
}

/** Bodies that are not JSON, such as forms, have a number of their own. */
const numbers = new WeakMap<object, number>();
let count = 0;

function keyOf(target: string | URL | FollowRequest): string {
  if (typeof target === 'string' || target instanceof URL) return String(target);
  const { url, method, body, key } = target;
  const isPlain =
    typeof body !== 'object' ||
    body === null ||
    Array.isArray(body) ||
    Object.getPrototypeOf(body) === Object.prototype;
  return JSON.stringify([String(url), method, key, isPlain ? body : numberOf(body)]);
}

function numberOf(body: object): number {
  const number = numbers.get(body) ?? (count += 1);
  numbers.set(body, number);
  return number;
}
