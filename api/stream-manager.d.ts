// What @gemini/stream-manager exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export interface DetachedEnd {
    readonly status: 'detached';
    readonly error: unknown;
}

export type EndStatus = 'completed' | 'failed' | 'stopped';

export interface GapEvent {
    readonly type: 'gap';
    readonly from: StreamPosition;
    readonly to: StreamPosition;
}

export interface GaplessSubscribeOptions extends SubscribeOptions {
    onSlow?: Exclude<OnSlow, 'drop'> | undefined;
    onHistoryLost?: 'fail' | undefined;
}

export type LifecycleEvent = {
    readonly id: string;
    readonly key: string | undefined;
} & ({
    readonly type: 'stream-queue' | 'stream-start' | 'stream-active' | 'stream-pause' | 'stream-resume';
} | {
    readonly type: 'stream-end';
    readonly status: EndStatus;
    readonly eventsCount: number;
    readonly durationMs: number;
    readonly error?: unknown;
    readonly reason?: unknown;
} | {
    readonly type: 'stream-evict' | 'late-event';
} | {
    readonly type: 'subscriber-detach';
    readonly error: unknown;
});

export interface ManagedStream<Event, Result = void> {
    readonly id: string;
    readonly ended: Promise<StreamEnd<Result>>;
    info(): StreamInfo;
    subscribe(subscriber: Subscriber<Event> | SubscriberWithEnd<Event, Result>, options?: GaplessSubscribeOptions): Subscription<Result>;
    subscribe(subscriber: Subscriber<Event | GapEvent> | SubscriberWithEnd<Event | GapEvent, Result>, options?: SubscribeOptions): Subscription<Result>;
    [Symbol.asyncIterator](): StreamIterator<Event>;
    iterate(options?: GaplessSubscribeOptions): StreamIterator<Event>;
    iterate(options: SubscribeOptions): StreamIterator<Event | GapEvent>;
    toReadableStream(options?: GaplessSubscribeOptions): ReadableStream<Event>;
    toReadableStream(options: SubscribeOptions): ReadableStream<Event | GapEvent>;
    stop(reason?: unknown): void;
}

export type OnLifecycle = (event: LifecycleEvent) => void;

export type OnSlow = 'buffer' | 'pause' | 'drop' | 'disconnect';

export type PullSource<Event, Result = void> = (context: SourceContext) => AsyncIterable<Event, Result | void> | PromiseLike<AsyncIterable<Event, Result | void>>;

export interface PushSource<Event, Result = void> {
    start(sink: StreamSink<Event, Result>): unknown;
}

export interface SourceContext {
    readonly id: string;
    readonly signal: AbortSignal;
    coolDown(key: string, untilMs: number): void;
}

export interface StartOptions {
    id?: string | undefined;
    key?: string | undefined;
    metadata?: unknown;
    lingerMs?: number | undefined;
    retainMs?: number | undefined;
    maxHistoryBytes?: number | undefined;
    onDuplicate?: 'throw' | 'join' | undefined;
}

export interface StreamEnd<Result = void> {
    readonly status: EndStatus;
    readonly result?: Result | undefined;
    readonly error?: unknown;
    readonly reason?: unknown;
    readonly eventsCount: number;
}

export interface StreamFilter {
    status?: StreamStatus | readonly StreamStatus[] | undefined;
    key?: string | undefined;
}

export interface StreamInfo {
    readonly id: string;
    readonly key: string | undefined;
    readonly metadata: unknown;
    readonly status: StreamStatus;
    readonly createdAt: number;
    readonly startedAt: number | undefined;
    readonly firstEventAt: number | undefined;
    readonly lastEventAt: number | undefined;
    readonly endedAt: number | undefined;
    readonly eventsCount: number;
    readonly subscribersCount: number;
    readonly historyBytes: number;
    readonly oldest: StreamPosition | undefined;
    readonly endPosition: StreamPosition | undefined;
    readonly paused: boolean;
    readonly error: unknown;
    readonly reason: unknown;
}

export interface StreamIterator<Item> extends AsyncIterableIterator<Item, void, void>, AsyncDisposable {
    next(): Promise<IteratorResult<Item, void>>;
    return(): Promise<IteratorResult<Item, void>>;
    readonly position: StreamPosition | undefined;
    [Symbol.asyncIterator](): StreamIterator<Item>;
}

export interface StreamManager<Event, Result = void> extends AsyncDisposable {
    start(source: StreamSource<Event, Result>, options?: StartOptions): ManagedStream<Event, Result>;
    get(id: string): ManagedStream<Event, Result> | undefined;
    attach(id: string): Promise<ManagedStream<Event, Result>>;
    list(filter?: StreamFilter): StreamInfo[];
    stats(): StreamManagerStats;
    stop(id: string, reason?: unknown): boolean;
    close(options?: {
        drainMs?: number | undefined;
    }): Promise<void>;
}

export declare class StreamManagerError extends Error {
    readonly name = "StreamManagerError";
    readonly code: StreamManagerErrorCode;
    readonly streamId: string | undefined;
    readonly oldest: string | undefined;
    readonly limit: number | undefined;
    constructor(code: StreamManagerErrorCode, message: string, facts?: StreamManagerErrorFacts);
}

export type StreamManagerErrorCode = 'stream-not-found' | 'max-streams' | 'queue-timeout' | 'manager-closed' | 'history-lost' | 'slow-subscriber' | 'duplicate-id';

export interface StreamManagerErrorFacts {
    readonly streamId?: string | undefined;
    readonly oldest?: string | undefined;
    readonly limit?: number | undefined;
    readonly cause?: unknown;
}

export interface StreamManagerOptions<Event = unknown> {
    sizeOf?: ((event: Event) => number) | undefined;
    maxStreams?: number | undefined;
    maxStreamsPerKey?: number | undefined;
    maxQueuedStreams?: number | undefined;
    queueTimeoutMs?: number | undefined;
    maxHistoryBytes?: number | undefined;
    maxStreamEvents?: number | undefined;
    maxStreamBytes?: number | undefined;
    maxStreamDurationMs?: number | undefined;
    lingerMs?: number | undefined;
    retainMs?: number | undefined;
    maxRetainedBytes?: number | undefined;
    maxRetainedStreams?: number | undefined;
    highMarkEvents?: number | undefined;
    lowMarkEvents?: number | undefined;
    highMarkBytes?: number | undefined;
    lowMarkBytes?: number | undefined;
    maxPauseMs?: number | undefined;
    onLifecycle?: OnLifecycle | undefined;
}

export interface StreamManagerStats {
    readonly queued: number;
    readonly starting: number;
    readonly active: number;
    readonly retained: number;
    readonly retainedBytes: number;
    readonly started: number;
    readonly completed: number;
    readonly failed: number;
    readonly stopped: number;
    readonly evicted: number;
    readonly events: number;
    readonly lateEvents: number;
    readonly detachedSubscribers: number;
}

export type StreamPosition = string;

export interface StreamSink<Event, Result = void> extends SourceContext {
    push(event: Event): boolean;
    onResume(callback: () => void): void;
    end(result: Result): void;
    fail(error: unknown, result?: Result): void;
}

export type StreamSource<Event, Result = void> = PushSource<Event, Result> | PullSource<Event, Result>;

export type StreamStatus = 'queued' | 'starting' | 'active' | EndStatus;

export interface SubscribeOptions {
    from?: 'start' | 'now' | (StreamPosition & {}) | undefined;
    onSlow?: OnSlow | undefined;
    onHistoryLost?: 'fail' | 'gap' | undefined;
    signal?: AbortSignal | undefined;
}

export type Subscriber<Item> = (item: Item, position: StreamPosition) => unknown;

export interface SubscriberWithEnd<Item, Result = void> {
    item: Subscriber<Item>;
    end?: ((end: StreamEnd<Result> | DetachedEnd) => unknown) | undefined;
}

export interface Subscription<Result = void> {
    readonly unsubscribe: () => void;
    readonly position: StreamPosition | undefined;
    readonly ended: Promise<SubscriptionEnd<Result>>;
    [Symbol.dispose](): void;
}

export type SubscriptionEnd<Result = void> = StreamEnd<Result> | DetachedEnd | {
    readonly status: 'unsubscribed';
};

export declare function approximateBytes(event: unknown): number;

export declare function createStreamManager<Event, Result = void>(options?: StreamManagerOptions<Event>): StreamManager<Event, Result>;

export declare const defaultStreamManagerOptions: {
    maxStreams: number;
    maxStreamsPerKey: number;
    maxQueuedStreams: number;
    queueTimeoutMs: number;
    maxHistoryBytes: number;
    maxStreamEvents: number;
    maxStreamBytes: number;
    maxStreamDurationMs: number;
    lingerMs: number;
    retainMs: number;
    maxRetainedBytes: number;
    maxRetainedStreams: number;
    highMarkEvents: number;
    lowMarkEvents: number;
    highMarkBytes: number;
    lowMarkBytes: number;
    maxPauseMs: number;
};
