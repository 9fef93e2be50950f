// What @gemini/sse-parser exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export interface ParseSseOptions extends SseStreamOptions {
    signal?: AbortSignal | undefined;
}

export declare class SseError extends Error {
    readonly name = "SseError";
    readonly code: SseErrorCode;
    readonly limit: number | undefined;
    readonly received: number | undefined;
    constructor(code: SseErrorCode, message: string, facts?: SseErrorFacts);
}

export type SseErrorCode = 'event-too-large' | 'invalid-utf8' | 'callback-failed' | 'reentrant-call' | 'input-ended';

export interface SseErrorFacts {
    limit?: number;
    received?: number;
    cause?: unknown;
}

export interface SseEvent {
    data: string;
    event?: string | undefined;
    id?: string | undefined;
    unterminated?: true | undefined;
}

export interface SseFrame {
    data?: string | undefined;
    event?: string | undefined;
    id?: string | undefined;
    retryMs?: number | undefined;
    comment?: string | undefined;
    unterminated?: true | undefined;
}

export interface SseInputEnd {
    pending: boolean;
}

export interface SseParser {
    push(chunk: Uint8Array | string): void;
    end(): SseInputEnd;
    reset(): void;
    readonly pending: boolean;
    readonly lastEventId: string;
}

export interface SseParserOptions extends SseStreamOptions {
    onEvent: (event: SseEvent) => void;
}

export declare class SseParserStream extends TransformStream<Uint8Array | string, SseEvent> {
    constructor(options?: SseStreamOptions);
}

export type SseSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>;

export interface SseStreamOptions {
    onComment?: ((text: string) => void) | undefined;
    onRetry?: ((delayMs: number) => void) | undefined;
    onId?: ((id: string) => void) | undefined;
    onText?: ((text: string) => void) | undefined;
    maxEventBytes?: number | undefined;
    lastEvent?: 'discard' | 'emit' | undefined;
    invalidUtf8?: 'replace' | 'error' | undefined;
}

export declare const createSseParser: (options: SseParserOptions) => SseParser;

export declare const encodeSse: ({ data, event, id, retryMs, comment }: SseFrame) => string;

export declare const parseSse: (source: SseSource, options?: ParseSseOptions) => AsyncIterableIterator<SseEvent, undefined>;

export declare const sseDefaults: {
    readonly maxEventBytes: number;
    readonly lastEvent: 'discard';
    readonly invalidUtf8: 'replace';
};
