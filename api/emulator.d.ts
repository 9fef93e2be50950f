// What @gemini/emulator exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export interface ApiKeyOptions {
    readonly accepted?: readonly string[] | undefined;
    readonly refused?: readonly string[] | undefined;
    readonly required?: boolean | undefined;
}

export interface Cassette {
    readonly exchanges: readonly Exchange[];
}

export type ChunkSize = number | 'whole' | 'event';

export interface Emulator extends AsyncDisposable {
    readonly url: string;
    readonly requests: readonly EmulatorRequest[];
    whenReceived(count: number): Promise<readonly EmulatorRequest[]>;
    whenClosed(id: string): Promise<EmulatorRequest>;
    whenBackpressured(id: string): Promise<EmulatorRequest>;
    readonly certificate: string;
    urlOf(scenario: string): Promise<string>;
    reset(): Promise<void>;
    close(): Promise<void>;
}

export interface EmulatorOptions {
    readonly port?: number | undefined;
    readonly host?: string | undefined;
    readonly seed?: number | undefined;
    readonly pace?: Partial<Pace> | undefined;
    readonly apiKey?: ApiKeyOptions | undefined;
    readonly scenario?: string | Scenario | readonly Fault[] | undefined;
    readonly script?: readonly ScriptedReply[] | undefined;
    readonly strict?: boolean | undefined;
    readonly recording?: Recording | undefined;
    readonly checkThoughtSignatures?: boolean | undefined;
    readonly record?: RecordOptions | undefined;
    readonly replay?: ReplayOptions | undefined;
    readonly models?: readonly string[] | undefined;
    readonly maxBodyBytes?: number | undefined;
}

export interface EmulatorRequest {
    readonly id: string;
    readonly method: string;
    readonly path: string;
    readonly prefix: string;
    readonly httpVersion: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
    readonly requestBytes: number;
    readonly receivedAt: number;
    readonly scenario?: string | undefined;
    readonly faults?: readonly Fault[] | undefined;
    readonly seed?: number | undefined;
    readonly status?: number | undefined;
    readonly writes: readonly RecordedWrite[];
    readonly writesCount: number;
    readonly bytesWritten: number;
    readonly backpressured: boolean;
    readonly backpressuredAt?: number | undefined;
    readonly closedAt?: number | undefined;
    readonly closedBy?: 'server' | 'client' | undefined;
}

export interface Exchange {
    readonly method: string;
    readonly path: string;
    readonly requestHeaders: Readonly<Record<string, string>>;
    readonly requestBody: Uint8Array;
    readonly response?: {
        readonly atMs: number;
        readonly status: number;
        readonly headers: Readonly<Record<string, string>>;
    } | undefined;
    readonly chunks: readonly RecordedChunk[];
    readonly end: {
        readonly atMs: number;
        readonly how: ExchangeEnd;
    };
}

export type ExchangeEnd = 
'complete'
 | 'cut'
 | 'reset'
 | 'client-left'
 | 'no-response';

export type Fault = {
    [Name in keyof FaultTable]: {
        readonly type: Name;
    } & {
        readonly [Key in keyof ParametersOf<Name>]?: ParametersOf<Name>[Key] | undefined;
    };
}[keyof FaultTable];

export type ListenerKind = 'http' | 'https' | 'https-expired' | 'https-wrong-name' | 'https-silent' | 'http2' | 'refused' | 'unanswered' | 'unresolvable';

export interface Pace {
    readonly timeToFirstTokenMs: number;
    readonly tokensPerSecond: number;
    readonly jitter: number;
    readonly burst: number;
}

export interface RecordOptions {
    readonly target: string;
    readonly file: string;
    readonly maxExchangeBytes?: number | undefined;
}

export interface RecordedChunk {
    readonly atMs: number;
    readonly bytes: Uint8Array;
}

export interface RecordedWrite {
    readonly atMs: number;
    readonly bytes: number;
    readonly text?: string | undefined;
}

export interface Recording {
    readonly body: Uint8Array;
    readonly contentType?: string | undefined;
    readonly status?: number | undefined;
    readonly contentEncoding?: string | undefined;
    readonly chunkBytes?: ChunkSize | undefined;
    readonly delayMs?: number | undefined;
}

export interface ReplayOptions {
    readonly file?: string | undefined;
    readonly cassette?: Cassette | undefined;
    readonly speed?: number | undefined;
    readonly match?: 'request' | 'order' | undefined;
}

export interface Scenario {
    readonly name: string;
    readonly description: string;
    readonly steps: readonly ScenarioStep[];
    readonly pick?: 'in-order' | 'by-seed' | undefined;
    readonly listener?: ListenerKind | undefined;
}

export interface ScenarioStep {
    readonly faults: readonly Fault[];
}

export interface ScriptMatch {
    readonly model?: string | RegExp | undefined;
    readonly text?: string | RegExp | undefined;
    readonly turn?: number | undefined;
    readonly functionResponse?: string | undefined;
}

export interface ScriptedAnswer {
    readonly text?: string | readonly string[] | undefined;
    readonly thoughts?: string | readonly string[] | undefined;
    readonly functionCalls?: readonly {
        readonly id?: string;
        readonly name: string;
        readonly args?: JsonObject;
    }[] | undefined;
    readonly parts?: readonly Part[] | undefined;
    readonly finishReason?: string | undefined;
    readonly blockReason?: string | undefined;
    readonly error?: {
        readonly status: GoogleStatus;
        readonly message: string;
        readonly details?: readonly JsonObject[];
    } | undefined;
    readonly chunks?: readonly ResponseChunk[] | undefined;
}

export interface ScriptedReply {
    readonly match?: ScriptMatch | undefined;
    readonly reply: ScriptedAnswer;
    readonly times?: number | undefined;
}

export declare const cassetteVersion = 1;

export declare function createEmulator(options?: EmulatorOptions): Promise<Emulator>;

export declare const emulatorDefaults: {
    readonly port: 0;
    readonly host: '127.0.0.1';
    readonly seed: 0;
    readonly models: readonly [];
    readonly maxBodyBytes: number;
};

export declare function encodeCassetteHeader(recordedAt: Date): string;

export declare function encodeExchange(exchange: Exchange, id: number): string;

export declare const faults: {
    readonly 'after-end': import("./define-fault.ts").FaultDefinition<{
        how: string;
    }>;
    readonly 'array-body': import("./define-fault.ts").FaultDefinition<{}>;
    readonly 'bad-json': import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
        data: string;
    }>;
    readonly 'bare-last-chunk': import("./define-fault.ts").FaultDefinition<{
        content: string;
    }>;
    readonly 'blocked-prompt': import("./define-fault.ts").FaultDefinition<{
        reason: string;
        message: string;
    }>;
    readonly 'broken-chunk': import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
    }>;
    readonly buffered: import("./define-fault.ts").FaultDefinition<{
        contentLength: true;
    }>;
    readonly 'byte-buffer': import("./define-fault.ts").FaultDefinition<{
        bytes: number;
    }>;
    readonly 'byte-order-mark': import("./define-fault.ts").FaultDefinition<{}>;
    readonly checkpoints: import("./define-fault.ts").FaultDefinition<{
        everyPieces: number;
    }>;
    readonly 'close-delimited': import("./define-fault.ts").FaultDefinition<{}>;
    readonly 'content-length': import("./define-fault.ts").FaultDefinition<{
        how: string;
        bytes: number;
    }>;
    readonly continuation: import("./define-fault.ts").FaultDefinition<{
        afterPieces: number;
    }>;
    readonly cut: import("./define-fault.ts").FaultDefinition<{
        how: string;
        afterEvents: number;
        insideEvent: false;
    }>;
    readonly 'empty-body': import("./define-fault.ts").FaultDefinition<{
        status: number;
    }>;
    readonly 'error-event': import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
        status: string;
        message: string;
        withCode: true;
        form: string;
    }>;
    readonly 'error-status': import("./define-fault.ts").FaultDefinition<{
        status: string;
        message: string;
        retryInfoSeconds: number;
        retryAfterSeconds: number;
        retryAfterAsDate: false;
        quotaId: string;
        reason: string;
        contentType: string;
        inArray: false;
    }>;
    readonly 'event-lines': import("./define-fault.ts").FaultDefinition<{
        before: string;
        after: string;
    }>;
    readonly 'finish-reason': import("./define-fault.ts").FaultDefinition<{
        reason: string;
        on: string;
        message: string;
    }>;
    readonly flood: import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
        what: string;
        megabytes: number;
    }>;
    readonly gzip: import("./define-fault.ts").FaultDefinition<{
        flush: false;
    }>;
    readonly 'html-page': import("./define-fault.ts").FaultDefinition<{
        status: number;
        title: string;
    }>;
    readonly 'keep-alive': import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
        everyMs: number;
        comment: string;
    }>;
    readonly 'large-part': import("./define-fault.ts").FaultDefinition<{
        megabytes: number;
        mimeType: string;
    }>;
    readonly 'line-ends': import("./define-fault.ts").FaultDefinition<{
        style: string;
    }>;
    readonly 'many-pieces': import("./define-fault.ts").FaultDefinition<{
        count: number;
    }>;
    readonly 'more-candidates': import("./define-fault.ts").FaultDefinition<{
        count: number;
    }>;
    readonly pause: import("./define-fault.ts").FaultDefinition<{
        beforeHeadersMs: number;
        beforeEventMs: number;
        headersFirst: false;
    }>;
    readonly 'pretty-data': import("./define-fault.ts").FaultDefinition<{
        indent: number;
    }>;
    readonly 'random-splits': import("./define-fault.ts").FaultDefinition<{
        mostBytes: number;
    }>;
    readonly redirect: import("./define-fault.ts").FaultDefinition<{
        status: number;
        to: string;
    }>;
    readonly sentinel: import("./define-fault.ts").FaultDefinition<{
        data: string;
    }>;
    readonly 'set-header': import("./define-fault.ts").FaultDefinition<{
        name: string;
        value: string;
    }>;
    readonly 'signed-empty-text': import("./define-fault.ts").FaultDefinition<{
        signature: string;
    }>;
    readonly silence: import("./define-fault.ts").FaultDefinition<{
        afterEvents: number;
        headers: true;
    }>;
    readonly 'split-inside': import("./define-fault.ts").FaultDefinition<{
        what: string;
    }>;
    readonly 'split-writes': import("./define-fault.ts").FaultDefinition<{
        bytes: number;
        pauseMs: number;
    }>;
    readonly 'tight-data': import("./define-fault.ts").FaultDefinition<{}>;
    readonly unterminated: import("./define-fault.ts").FaultDefinition<{
        missingBytes: number;
    }>;
};

export declare const fullSpeed: Pace;

export declare const humanPace: Pace;

export declare function readCassette(text: string): Cassette;

export declare function readScenario(value: unknown): Scenario;

export declare const scenarios: readonly Scenario[];

// Not exported, but part of what is:

interface CandidateChunk {
    readonly content?: {
        readonly role?: string;
        readonly parts?: readonly Part[];
    } | undefined;
    readonly index?: number | undefined;
    readonly finishReason?: string | undefined;
    readonly finishMessage?: string | undefined;
    readonly continuationToken?: string | undefined;
    readonly groundingMetadata?: JsonObject | undefined;
    readonly urlContextMetadata?: JsonObject | undefined;
    readonly citationMetadata?: JsonObject | undefined;
    readonly safetyRatings?: readonly JsonObject[] | undefined;
}

type FaultTable = typeof faults;

type Given<Parameters> = {
    readonly [Name in keyof Parameters]: Wide<Parameters[Name]>;
};

type GoogleStatus = keyof typeof httpStatusOf;

interface JsonObject {
    readonly [name: string]: JsonValue | undefined;
}

type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

type ParametersOf<Name extends keyof FaultTable> = Given<FaultTable[Name]['defaults']>;

type Part = JsonObject;

interface ResponseChunk {
    readonly candidates?: readonly CandidateChunk[] | undefined;
    readonly promptFeedback?: JsonObject | undefined;
    readonly usageMetadata?: JsonObject | undefined;
    readonly createTime?: string | undefined;
    readonly modelVersion?: string | undefined;
    readonly responseId?: string | undefined;
}

type Wide<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

const httpStatusOf: {
    readonly CANCELLED: 499;
    readonly INVALID_ARGUMENT: 400;
    readonly FAILED_PRECONDITION: 400;
    readonly OUT_OF_RANGE: 400;
    readonly UNAUTHENTICATED: 401;
    readonly PERMISSION_DENIED: 403;
    readonly NOT_FOUND: 404;
    readonly ABORTED: 409;
    readonly ALREADY_EXISTS: 409;
    readonly RESOURCE_EXHAUSTED: 429;
    readonly INTERNAL: 500;
    readonly UNKNOWN: 500;
    readonly DATA_LOSS: 500;
    readonly UNIMPLEMENTED: 501;
    readonly UNAVAILABLE: 503;
    readonly DEADLINE_EXCEEDED: 504;
};
