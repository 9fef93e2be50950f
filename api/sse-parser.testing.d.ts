// What @gemini/sse-parser/testing exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export interface SplitCheckOptions extends Pick<SseStreamOptions, 'maxEventBytes' | 'lastEvent' | 'invalidUtf8'> {
    createParser?: ((options: SseParserOptions) => Pick<SseParser, 'push' | 'end'>) | undefined;
}

export interface SplitDifference {
    readonly cuts: readonly number[];
    readonly index: number;
    readonly expected: SseSignal | undefined;
    readonly actual: SseSignal | undefined;
}

export interface SplitReport {
    readonly splits: number;
    readonly difference: SplitDifference | undefined;
}

export type SseSignal = {
    readonly type: 'event';
    readonly data: string;
    readonly event: string | undefined;
    readonly id: string | undefined;
    readonly unterminated: boolean;
} | {
    readonly type: 'comment' | 'id' | 'text';
    readonly text: string;
} | {
    readonly type: 'retry';
    readonly delayMs: number;
} | {
    readonly type: 'end';
    readonly pending: boolean;
} | {
    readonly type: 'error';
    readonly name: string;
    readonly code: string | undefined;
};

export declare const checkSplitInvariance: (bytes: Uint8Array, options?: SplitCheckOptions) => SplitReport;

// Not exported, but part of what is:

interface SseInputEnd {
    pending: boolean;
}

interface SseParser {
    push(chunk: Uint8Array | string): void;
    end(): SseInputEnd;
    reset(): void;
    readonly pending: boolean;
    readonly lastEventId: string;
}

interface SseStreamOptions {
    onComment?: ((text: string) => void) | undefined;
    onRetry?: ((delayMs: number) => void) | undefined;
    onId?: ((id: string) => void) | undefined;
    onText?: ((text: string) => void) | undefined;
    maxEventBytes?: number | undefined;
    lastEvent?: 'discard' | 'emit' | undefined;
    invalidUtf8?: 'replace' | 'error' | undefined;
}
