import type { EndStatus } from './stream-state.ts';

/** An event in the life of a stream or of one of its subscribers. */
export type LifecycleEvent = { readonly id: string; readonly key: string | undefined } & (
  | { readonly type: 'stream-queue' | 'stream-start' | 'stream-active' | 'stream-pause' | 'stream-resume' }
  | {
      readonly type: 'stream-end';
      readonly status: EndStatus;
      readonly eventsCount: number;
      readonly durationMs: number;
      readonly error?: unknown;
      readonly reason?: unknown;
    }
  | { readonly type: 'stream-evict' | 'late-event' }
  | { readonly type: 'subscriber-detach'; readonly error: unknown }
);

/** Called with each lifecycle event as it happens. An error that it throws is an uncaught exception, and affects no stream. */
export type OnLifecycle = (event: LifecycleEvent) => void;

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface RuntimeWithBuiltins {
  process?: { getBuiltinModule?(id: string): { channel(name: string): Channel } | undefined };
}

/** Reports lifecycle events to the listener and, if the runtime has them, to the diagnostics channels `gemini:manager:<type>`. */
export class LifecycleReporter {
  readonly #onLifecycle: OnLifecycle | undefined;
  // Not imported: the core has to load in runtimes and bundles that have no Node modules.
  readonly #diagnostics = (globalThis as RuntimeWithBuiltins).process?.getBuiltinModule?.('node:diagnostics_channel');
  readonly #channels = new Map<string, Channel>();

  constructor(onLifecycle: OnLifecycle | undefined) {
    this.#onLifecycle = onLifecycle;
  }

  report(event: LifecycleEvent): void {
    const channel = this.#channelOf(event.type);
    if (channel?.hasSubscribers === true) channel.publish(event);
    try {
      this.#onLifecycle?.(event);
    } catch (error) {
      // The channels treat an error of their subscribers in the same way.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #channelOf(type: string): Channel | undefined {
    let channel = this.#channels.get(type);
    if (channel === undefined && this.#diagnostics !== undefined) {
      channel = this.#diagnostics.channel(`gemini:manager:${type}`);
      this.#channels.set(type, channel);
    }
    return channel;
  }
}
