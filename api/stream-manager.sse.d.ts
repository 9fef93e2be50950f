// What @gemini/stream-manager/sse exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export type EncodedEvent = string | {
    readonly data: string;
    readonly event?: string | undefined;
};

export interface PipeSseOptions<Event = unknown, Result = unknown> extends SseOptions<Event, Result> {
    request: IncomingMessage;
    response: ServerResponse;
}

export interface SseOptions<Event = unknown, Result = unknown> {
    lastEventId?: string | null | undefined;
    encode?: ((event: Event, position: StreamPosition) => EncodedEvent | undefined) | undefined;
    encodeEnd?: ((end: StreamEnd<Result>) => string) | undefined;
    keepAliveMs?: number | undefined;
    retryMs?: number | undefined;
    headers?: Readonly<Record<string, string>> | undefined;
    onSlow?: OnSlow | undefined;
    onHistoryLost?: 'fail' | 'gap' | undefined;
}

export declare function pipeSse<Event, Result>(stream: ManagedStream<Event, Result> | undefined, { request, response, ...options }: PipeSseOptions<Event, Result>): Promise<void>;

export declare function toSseResponse<Event, Result>(stream: ManagedStream<Event, Result> | undefined, options?: SseOptions<Event, Result>): Response;

// Not exported, but part of what is:

type OnSlow = 'buffer' | 'pause' | 'drop' | 'disconnect';
