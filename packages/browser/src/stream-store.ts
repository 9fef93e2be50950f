import { followStream } from './follow-stream.ts';
import type { StreamFollowError } from './errors.ts';
import { TextCollector } from './text-collector.ts';
import type { FollowedStream, FollowOptions, FollowOutcome, FollowRequest, FollowStatus } from './types.ts';

/** A stream as a component shows it. Immutable. */
export interface StreamSnapshot {
  /** The request that it belongs to. */
  readonly key: string | undefined;
  readonly text: string;
  readonly status: 'idle' | FollowStatus;
  readonly outcome: FollowOutcome | undefined;
  readonly error: StreamFollowError | undefined;
}

const idle: StreamSnapshot = { key: undefined, text: '', status: 'idle', outcome: undefined, error: undefined };

/** Returns the snapshot of a stream whose request has not been sent, as a server renders it. */
export function firstSnapshot(key: string | undefined): StreamSnapshot {
  return key === undefined ? idle : { ...idle, key, status: 'connecting' };
}

/** Follows one stream at a time for a component, and changes its snapshot at most once a frame. */
export class StreamStore<Event> {
  snapshot: StreamSnapshot = idle;
  #stream: FollowedStream<Event> | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /**
   * Follows a stream in the next turn: strict mode undoes the first mount at once, and its request is then never sent.
   * Returns the function that leaves it.
   */
  follow(
    key: string,
    target: string | URL | FollowRequest,
    options: FollowOptions<Event>,
    onEvent: (event: Event) => void,
  ): () => void {
    const controller = new AbortController();
    this.#change(firstSnapshot(key));
    queueMicrotask(() => {
      if (!controller.signal.aborted) this.#run(key, target, options, onEvent, controller).catch(rethrow);
    });
    return () => {
      controller.abort();
      this.#stream = undefined;
    };
  }

  stop(): Promise<void> {
    return this.#stream?.stop() ?? Promise.resolve();
  }

  async #run(
    key: string,
    target: string | URL | FollowRequest,
    { signal, onStatus, ...options }: FollowOptions<Event>,
    onEvent: (event: Event) => void,
    controller: AbortController,
  ): Promise<void> {
    const left = controller.signal;
    const collector = new TextCollector();
    let cancelFrame: (() => void) | undefined;
    const show = (outcome?: FollowOutcome): void => {
      cancelFrame?.();
      cancelFrame = undefined;
      if (left.aborted) return;
      const { status, error } = outcome ?? { status: stream.status, error: undefined };
      this.#change({ key, text: collector.text, status, outcome, error });
    };
    const stream = followStream<Event>(target, {
      ...options,
      signal: signal === undefined ? left : AbortSignal.any([left, signal]),
      onStatus: (status) => {
        if (left.aborted) return;
        cancelFrame ??= nextFrame(show);
        onStatus?.(status);
      },
    });
    this.#stream = stream;
    try {
      for await (const event of stream) {
        collector.add(event);
        if (!left.aborted) onEvent(event);
        cancelFrame ??= nextFrame(show);
      }
    } catch {
      // The outcome has the error.
    }
    show(await stream.outcome);
  }

  #change(snapshot: StreamSnapshot): void {
    this.snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

interface FrameGlobals {
  requestAnimationFrame?(callback: () => void): number;
  cancelAnimationFrame?(handle: number): void;
  readonly document?: { readonly visibilityState: string };
}

/** Calls back before the next frame; a hidden page has none, so a timer stands in. Returns the function that cancels. */
function nextFrame(call: () => void): () => void {
  const globals = globalThis as FrameGlobals;
  if (globals.requestAnimationFrame !== undefined && globals.document?.visibilityState === 'visible') {
    const handle = globals.requestAnimationFrame(() => call());
    return () => globals.cancelAnimationFrame?.(handle);
  }
  const timer = setTimeout(call, 16);
  return () => clearTimeout(timer);
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
