import type { EndStatus } from './stream-state.ts';

/** What happened to a stream or to one of its subscribers. Times are `Date.now()` of the report itself. */
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

/** Told of each lifecycle event as it happens. What it throws is an uncaught exception, and disturbs no stream. */
export type OnLifecycle = (event: LifecycleEvent) => void;

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface RuntimeWithBuiltins {
  process?: { getBuiltinModule?(id: string): { channel(name: string): Channel } | undefined };
}

/** Reports to the given listener and, where the runtime has them, to the diagnostics channels `gemini:manager:<type>`. */
export function createLifecycle(onLifecycle: OnLifecycle | undefined): OnLifecycle {
  // No import: the core has to load in runtimes and bundles that have no Node modules.
  const diagnostics = (globalThis as RuntimeWithBuiltins).process?.getBuiltinModule?.('node:diagnostics_channel');
  const channels = new Map<string, Channel>();

  function channelOf(type: string): Channel | undefined {
    let channel = channels.get(type);
    if (channel === undefined && diagnostics !== undefined) {
      channel = diagnostics.channel(`gemini:manager:${type}`);
      channels.set(type, channel);
    }
    return channel;
  }

  return (event) => {
    const channel = channelOf(event.type);
    if (channel?.hasSubscribers === true) channel.publish(event);
    if (onLifecycle === undefined) return;
    try {
      onLifecycle(event);
    } catch (error) {
      // As the channels do with theirs.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
