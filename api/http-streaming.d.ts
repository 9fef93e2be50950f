// What @gemini/http-streaming exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export interface Arrival {
    readonly atMs: number;
    readonly bytes: number;
    readonly events: number;
    readonly open: boolean;
}

export type BodyEnd = 'length' | 'chunked' | 'close';

export type ConnectPhase = 'dns' | 'tcp' | 'tls' | 'proxy';

export interface ConnectionTimes {
    readonly reused: boolean;
    readonly dnsMs: number | undefined;
    readonly tcpMs: number | undefined;
    readonly tlsMs: number | undefined;
}

export interface ConsumptionControl {
    pause(): void;
    resume(): void;
}

export type DeliveryCause = 'collected-body' | 'compression' | 'proxy-buffer';

export type DeliveryKind = 'live' | 'bursty' | 'partial' | 'buffered' | 'inconclusive';

export interface DeliveryVerdict {
    readonly kind: DeliveryKind;
    readonly cause?: DeliveryCause | undefined;
    readonly events: number;
    readonly deliveries: number;
    readonly largestShare: number;
    readonly eventsPerDelivery: number;
    readonly openShare: number;
}

export interface EventStream extends AsyncIterable<SseEvent>, AsyncDisposable {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly attempt: number;
    readonly timing: StreamTiming;
    consume(consumer: EventStreamConsumer): ConsumptionControl;
    verdict(): DeliveryVerdict;
    arrivals(): Arrival[];
    cancel(reason?: unknown): void;
}

export interface EventStreamConsumer {
    event(event: SseEvent): void;
    text?(text: string): void;
    end(bodyEnd: BodyEnd): void;
    error(error: HttpStreamError): void;
}

export interface EventStreamOptions {
    readonly dispatcher?: Dispatcher | undefined;
    readonly connectTimeoutMs?: number | undefined;
    readonly headersTimeoutMs?: number | undefined;
    readonly idleTimeoutMs?: number | undefined;
    readonly contentIdleTimeoutMs?: number | undefined;
    readonly totalTimeoutMs?: number | undefined;
    readonly unreadTimeoutMs?: number | undefined;
    readonly maxEventBytes?: number | undefined;
    readonly maxBufferedBytes?: number | undefined;
    readonly maxRedirects?: number | undefined;
    readonly retry?: RetryOptions | false | undefined;
    readonly onRetry?: ((info: RetryInfo) => void) | undefined;
}

export interface EventStreamRequest {
    readonly url: string | URL;
    readonly method?: string | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly json?: unknown;
    readonly body?: string | Uint8Array | undefined;
    readonly lastEventId?: string | undefined;
    readonly signal?: AbortSignal | undefined;
}

export interface FlightEntry {
    readonly atMs: number;
    readonly attempt: number;
    readonly kind: HttpStreamMoment | 'read';
    readonly status?: number | undefined;
    readonly code?: string | undefined;
    readonly delayMs?: number | undefined;
    readonly offset?: number | undefined;
    readonly bytes?: number | undefined;
    readonly events?: number | undefined;
    readonly open?: boolean | undefined;
}

export interface FlightRecording {
    readonly entries: readonly FlightEntry[];
    readonly omittedReads: number;
    readonly lastText?: string | undefined;
}

export declare class HttpStreamError extends Error {
    #private;
    readonly name = "HttpStreamError";
    readonly code: HttpStreamErrorCode;
    readonly request: string;
    readonly status: number | undefined;
    readonly headers: Readonly<Record<string, string>> | undefined;
    readonly bodyExcerpt: string | undefined;
    readonly timeoutMs: number | undefined;
    readonly retryAfterMs: number | undefined;
    readonly connectPhase: ConnectPhase | undefined;
    readonly reusedConnection: boolean;
    readonly attempts: number;
    readonly eventsCount: number;
    readonly bytesCount: number;
    readonly flight: readonly string[];
    constructor(code: HttpStreamErrorCode, message: string, facts: HttpStreamErrorFacts);
    recording({ payloads }?: {
        readonly payloads?: boolean | undefined;
    }): FlightRecording;
}

export type HttpStreamErrorCode = 'bad-status' | 'not-event-stream' | 'empty-body' | 'unsupported-encoding' | 'invalid-body' | 'cross-origin-redirect' | 'too-many-redirects' | 'connect-failed' | 'connect-timeout' | 'headers-timeout' | 'idle-timeout' | 'content-idle-timeout' | 'total-timeout' | 'connection-lost' | 'aborted' | 'abandoned' | 'consumer-failed' | 'invalid-dispatcher';

export interface HttpStreamErrorFacts {
    readonly request: string;
    readonly status?: number | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly bodyExcerpt?: string | undefined;
    readonly timeoutMs?: number | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly connectPhase?: ConnectPhase | undefined;
    readonly reusedConnection?: boolean | undefined;
    readonly attempts?: number | undefined;
    readonly eventsCount?: number | undefined;
    readonly bytesCount?: number | undefined;
    readonly cause?: unknown;
    readonly recording?: FlightRecording | undefined;
    readonly lastText?: (() => string) | undefined;
}

export interface HttpStreamMessage {
    readonly streamId: number;
    readonly request: string;
    readonly moment: HttpStreamMoment;
    readonly attempt: number;
    readonly atMs: number;
    readonly status?: number | undefined;
    readonly code?: string | undefined;
    readonly delayMs?: number | undefined;
    readonly bytesCount?: number | undefined;
    readonly eventsCount?: number | undefined;
}

export type HttpStreamMoment = 'start' | 'connected' | 'redirect' | 'headers' | 'first-event' | 'failure' | 'retry' | 'end';

export interface RetryDecision {
    readonly retry: boolean;
    readonly minDelayMs?: number | undefined;
}

export interface RetryFailure {
    readonly code: HttpStreamErrorCode;
    readonly status?: number | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly bodyExcerpt?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly attempt: number;
}

export interface RetryInfo {
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: HttpStreamError;
}

export interface RetryOptions {
    readonly maxAttempts?: number | undefined;
    readonly baseDelayMs?: number | undefined;
    readonly maxDelayMs?: number | undefined;
    readonly decide?: ((failure: RetryFailure) => RetryDecision | undefined) | undefined;
}

export interface RetryPolicy {
    readonly maxAttempts: number;
    readonly baseDelayMs: number;
    readonly maxDelayMs: number;
}

export interface StreamTiming {
    readonly startedAt: number;
    readonly attemptMs: number;
    readonly connection: ConnectionTimes | undefined;
    readonly connectedMs: number | undefined;
    readonly headersMs: number | undefined;
    readonly firstByteMs: number | undefined;
    readonly firstEventMs: number | undefined;
    readonly endedMs: number | undefined;
    readonly bytesCount: number;
    readonly eventsCount: number;
    readonly bodyEnd: BodyEnd | undefined;
}

export declare function classifyDelivery(arrivals: readonly Arrival[], headers?: Readonly<Record<string, string>>): DeliveryVerdict;

export declare const defaultEventStreamOptions: {
    readonly connectTimeoutMs: 10000;
    readonly headersTimeoutMs: 300000;
    readonly idleTimeoutMs: 120000;
    readonly contentIdleTimeoutMs: 0;
    readonly totalTimeoutMs: 0;
    readonly unreadTimeoutMs: 30000;
    readonly maxEventBytes: number;
    readonly maxBufferedBytes: number;
    readonly maxRedirects: 5;
};

export declare const defaultRetryPolicy: RetryPolicy;

export declare function isLoopbackHost(hostname: string): boolean;

export declare function openEventStream(request: EventStreamRequest, options?: EventStreamOptions): Promise<EventStream>;

export declare function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined;

export declare function retryDelayMs(policy: Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs'>, attempt: number, hintMs?: number, random?: () => number): number;
