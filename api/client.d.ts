// What @gemini/client exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

// Passed on: DeliveryKind from @gemini/http-streaming

// Passed on: DeliveryVerdict from @gemini/http-streaming

export type ApiKeySource = string | (() => string | Promise<string>);

export interface AttemptReport {
    readonly attempt: number;
    readonly kind: 'first' | 'retry' | 'resume' | 'restart';
    readonly delayMs: number;
    readonly usage?: UsageMetadata | undefined;
    readonly code?: GeminiErrorCode | undefined;
    readonly status?: number | undefined;
}

export interface Candidate {
    index?: number | undefined;
    content?: Content | undefined;
    finishReason?: FinishReason | undefined;
    finishMessage?: string | undefined;
    safetyRatings?: unknown[] | undefined;
    citationMetadata?: Record<string, unknown> | undefined;
    groundingMetadata?: Record<string, unknown> | undefined;
    urlContextMetadata?: Record<string, unknown> | undefined;
    continuationToken?: string | undefined;
    [field: string]: unknown;
}

export interface Chat {
    stream(prompt: ChatPrompt, options?: StreamOptions): GeminiStream;
    readonly history: Content[];
    readonly openCalls: FunctionCall[];
}

export interface ChatOptions {
    readonly model?: string | undefined;
    readonly history?: readonly Content[] | undefined;
    readonly systemInstruction?: Prompt | undefined;
    readonly config?: GenaiConfig | undefined;
    readonly keep?: KeepTurns | undefined;
}

export type ChatPrompt = string | PromptPart | readonly (string | PromptPart)[];

export interface Content {
    role?: string | undefined;
    parts?: Part[] | undefined;
}

export type DeepPartial<Value> = Value extends readonly (infer Item)[] ? DeepPartial<Item>[] : Value extends object ? {
    [Key in keyof Value]?: DeepPartial<Value[Key]>;
} : Value;

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'RECITATION' | 'LANGUAGE' | 'OTHER' | 'BLOCKLIST' | 'PROHIBITED_CONTENT' | 'SPII' | 'MALFORMED_FUNCTION_CALL' | 'IMAGE_SAFETY' | 'UNEXPECTED_TOOL_CALL' | 'TOO_MANY_TOOL_CALLS' | 'IMAGE_PROHIBITED_CONTENT' | 'NO_IMAGE' | 'IMAGE_RECITATION' | 'IMAGE_OTHER' | 'CONTINUATION' | 'MALFORMED_RESPONSE' | (string & {});

export interface FirstSightings {
    readonly firstThoughtMs: number | undefined;
    readonly firstTextMs: number | undefined;
    readonly firstFunctionCallMs: number | undefined;
}

export interface FunctionCall {
    id?: string | undefined;
    name?: string | undefined;
    args?: Record<string, unknown> | undefined;
    partialArgs?: PartialArg[] | undefined;
    willContinue?: boolean | undefined;
}

export interface Gemini {
    stream(input: StreamInput, options?: StreamOptions): GeminiStream;
    streamObject<Written, Value>(input: StreamInput, options: ObjectStreamOptions<ObjectSchema<Written, Value>>): ObjectStream<Value, Written>;
    streamObject<Value = unknown>(input: StreamInput, options: ObjectStreamOptions<JsonSchema>): ObjectStream<Value>;
    chat(options?: ChatOptions): Chat;
    readonly streams: StreamManager<StoredStreamEvent, StreamOutcome>;
    startStream(input: StreamInput, options?: StartStreamOptions): string;
    subscribeStream(id: string, listener: (event: GeminiStreamEvent | GapEvent) => void, options?: SubscribeOptions): Subscription<StreamOutcome>;
    stopStream(id: string): boolean;
    streamStatus(id: string): StreamInfo | undefined;
    listStreams(): StreamInfo[];
    streamStats(): StreamManagerStats;
}

export declare class GeminiError extends Error {
    readonly name = "GeminiError";
    readonly code: GeminiErrorCode;
    readonly status: number | undefined;
    readonly reason: string | undefined;
    readonly details: readonly unknown[];
    readonly quotaViolations: readonly QuotaViolation[];
    readonly retryAfterMs: number | undefined;
    readonly retryable: boolean;
    readonly limit: number | undefined;
    readonly received: number | undefined;
    readonly partial: GenerateContentResponse | undefined;
    readonly text: string | undefined;
    readonly issues: readonly ObjectIssue[];
    constructor(code: GeminiErrorCode, message: string, facts?: GeminiErrorFacts);
}

export type GeminiErrorCode = 'api-error' | 'truncated' | 'stopped' | 'invalid-chunk' | 'missing-api-key' | 'api-key-failed' | 'unsupported-api-key' | 'insecure-base-url' | 'response-too-large' | 'resume-mismatch' | 'history-lost' | 'blocked' | 'incomplete-object' | 'invalid-object' | 'chat-busy' | 'internal-error' | HttpStreamErrorCode;

export interface GeminiErrorFacts {
    readonly status?: number | undefined;
    readonly reason?: string | undefined;
    readonly details?: readonly unknown[] | undefined;
    readonly quotaViolations?: readonly QuotaViolation[] | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly limit?: number | undefined;
    readonly received?: number | undefined;
    readonly partial?: GenerateContentResponse | undefined;
    readonly text?: string | undefined;
    readonly issues?: readonly ObjectIssue[] | undefined;
    readonly cause?: unknown;
}

export interface GeminiOptions extends TransportOptions {
    readonly apiKey?: ApiKeySource | undefined;
    readonly baseUrl?: string | undefined;
    readonly apiVersion?: string | undefined;
    readonly model?: string | undefined;
    readonly vertex?: VertexOptions | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly retry?: RetryOptions | false | undefined;
    readonly maxResponseBytes?: number | undefined;
    readonly manager?: Omit<StreamManagerOptions, 'sizeOf'> | undefined;
    readonly allowInsecure?: boolean | undefined;
}

export interface GeminiStream extends AsyncIterable<GeminiStreamEvent>, AsyncDisposable {
    readonly id: string;
    readonly textStream: AsyncIterable<string>;
    text(): Promise<string>;
    readonly outcome: Promise<StreamOutcome>;
    readonly response: Promise<GenerateContentResponse>;
    toReadableStream(): ReadableStream<GeminiStreamEvent>;
    stop(reason?: unknown): void;
    readonly timing: GeminiStreamTiming | undefined;
    verdict(): DeliveryVerdict;
}

export type GeminiStreamEvent = 
{
    readonly type: 'start';
    readonly id: string;
    readonly model: string;
    readonly attempt: number;
}
 | {
    readonly type: 'text-delta';
    readonly text: string;
    readonly candidate: number;
}
 | {
    readonly type: 'thought-delta';
    readonly text: string;
    readonly candidate: number;
}
 | {
    readonly type: 'function-call-start';
    readonly name: string;
    readonly id?: string | undefined;
    readonly candidate: number;
}
 | {
    readonly type: 'function-call-delta';
    readonly name: string;
    readonly path: string;
    readonly value: string | number | boolean | null;
    readonly candidate: number;
    readonly args?: Record<string, unknown> | undefined;
}
 | {
    readonly type: 'function-call-end';
    readonly call: FunctionCall;
    readonly candidate: number;
}
 | {
    readonly type: 'inline-data';
    readonly mimeType: string | undefined;
    readonly data: string;
    readonly thought: boolean;
    readonly candidate: number;
}
 | {
    readonly type: 'executable-code';
    readonly language: string | undefined;
    readonly code: string;
    readonly candidate: number;
}
 | {
    readonly type: 'code-result';
    readonly outcome: string | undefined;
    readonly output: string;
    readonly candidate: number;
}
 | {
    readonly type: 'grounding';
    readonly candidate: number;
    readonly groundingMetadata?: Record<string, unknown> | undefined;
    readonly citationMetadata?: Record<string, unknown> | undefined;
    readonly urlContextMetadata?: Record<string, unknown> | undefined;
}
 | {
    readonly type: 'usage';
    readonly usage: UsageMetadata;
}
 | {
    readonly type: 'retry';
    readonly attempt: number;
    readonly delayMs: number;
    readonly discardFrom?: number | undefined;
    readonly code: GeminiErrorCode;
    readonly status?: number | undefined;
}
 | {
    readonly type: 'resume';
    readonly attempt: number;
    readonly delayMs: number;
}
 | {
    readonly type: 'chunk';
    readonly chunk: GenerateContentResponse;
}
 | {
    readonly type: 'end';
    readonly outcome: StreamOutcome;
};

export type GeminiStreamTiming = StreamTiming & FirstSightings;

export interface GenaiConfig {
    readonly systemInstruction?: Prompt | undefined;
    readonly abortSignal?: AbortSignal | undefined;
    readonly [field: string]: unknown;
}

export interface GenaiRequest {
    readonly model?: string | undefined;
    readonly contents: Prompt;
    readonly config?: GenaiConfig | undefined;
}

export interface GenerateContentRequest {
    contents: Content[];
    systemInstruction?: Content | undefined;
    tools?: unknown[] | undefined;
    toolConfig?: Record<string, unknown> | undefined;
    safetySettings?: unknown[] | undefined;
    generationConfig?: Record<string, unknown> | undefined;
    cachedContent?: string | undefined;
    [field: string]: unknown;
}

export interface GenerateContentResponse {
    candidates?: Candidate[] | undefined;
    promptFeedback?: {
        blockReason?: string;
        blockReasonMessage?: string;
        safetyRatings?: unknown[];
    } | undefined;
    usageMetadata?: UsageMetadata | undefined;
    modelVersion?: string | undefined;
    responseId?: string | undefined;
    createTime?: string | undefined;
    [field: string]: unknown;
}

export type JsonSchema = Readonly<Record<string, unknown>> & {
    readonly '~standard'?: never;
};

export type KeepTurns = 'completed' | 'partial';

export interface ObjectIssue {
    readonly path: readonly (string | number)[];
    readonly message: string;
}

export interface ObjectSchema<Input = unknown, Output = Input> {
    readonly '~standard': {
        readonly version: 1;
        readonly vendor: string;
        readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
        readonly types?: {
            readonly input: Input;
            readonly output: Output;
        } | undefined;
        readonly jsonSchema?: {
            readonly input: (options: {
                readonly target: 'draft-2020-12';
            }) => unknown;
        } | undefined;
    };
}

export interface ObjectStream<Value, Written = Value> extends GeminiStream {
    readonly partialObjects: AsyncIterable<DeepPartial<Written>>;
    object(): Promise<Value>;
}

export interface ObjectStreamOptions<Schema = unknown> extends StreamOptions {
    readonly schema: Schema;
}

export type OutcomeStatus = 'completed' | 'blocked' | 'truncated' | 'failed' | 'stopped';

export interface Part {
    text?: string | undefined;
    thought?: boolean | undefined;
    thoughtSignature?: string | undefined;
    functionCall?: FunctionCall | undefined;
    functionResponse?: {
        id?: string;
        name?: string;
        response?: Record<string, unknown>;
    } | undefined;
    inlineData?: {
        mimeType?: string;
        data?: string;
        displayName?: string;
    } | undefined;
    fileData?: {
        mimeType?: string;
        fileUri?: string;
        displayName?: string;
    } | undefined;
    executableCode?: {
        id?: string;
        language?: string;
        code?: string;
    } | undefined;
    codeExecutionResult?: {
        id?: string;
        outcome?: string;
        output?: string;
    } | undefined;
    toolCall?: {
        id?: string;
        toolType?: string;
        args?: Record<string, unknown>;
    } | undefined;
    toolResponse?: {
        id?: string;
        toolType?: string;
        response?: Record<string, unknown>;
    } | undefined;
    [field: string]: unknown;
}

export interface PartialArg {
    jsonPath?: string | undefined;
    stringValue?: string | undefined;
    numberValue?: number | undefined;
    boolValue?: boolean | undefined;
    nullValue?: 'NULL_VALUE' | null | undefined;
    willContinue?: boolean | undefined;
}

export type Prompt = string | PromptPart | readonly (string | PromptPart)[] | readonly PromptContent[];

export interface PromptContent {
    readonly role?: string | undefined;
    readonly parts: readonly PromptPart[];
}

export type PromptPart = Part | {
    readonly inlineData: {
        readonly mimeType: string;
        readonly data: Uint8Array;
        readonly displayName?: string | undefined;
    };
};

export interface QuotaViolation {
    readonly quotaId?: string | undefined;
    readonly quotaMetric?: string | undefined;
    readonly quotaValue?: string | undefined;
    readonly quotaDimensions?: Readonly<Record<string, string>> | undefined;
}

export interface RetryOptions {
    readonly maxAttempts?: number | undefined;
    readonly baseDelayMs?: number | undefined;
    readonly maxDelayMs?: number | undefined;
}

export interface StartStreamOptions extends StreamOptions {
    readonly id?: string | undefined;
    readonly key?: string | undefined;
    readonly lingerMs?: number | undefined;
}

export type StoredStreamEvent = Exclude<GeminiStreamEvent, {
    readonly type: 'end';
}>;

export type StreamInput = Prompt | GenerateContentRequest | GenaiRequest;

export interface StreamOptions {
    readonly model?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly rawChunks?: boolean | undefined;
    readonly restart?: boolean | undefined;
}

export interface StreamOutcome {
    readonly status: OutcomeStatus;
    readonly text: string;
    readonly response: GenerateContentResponse;
    readonly finishReason: string | undefined;
    readonly blockReason: string | undefined;
    readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
    readonly usage: UsageMetadata | undefined;
    readonly attempts: number;
    readonly attemptReports: readonly AttemptReport[];
    readonly error: GeminiError | undefined;
}

export interface StreamTraceContext {
    readonly id: string;
    readonly model: string;
    status?: StreamOutcome['status'] | undefined;
    endedBy?: StreamOutcome['endedBy'] | undefined;
    finishReason?: string | undefined;
    attempts?: number | undefined;
    totalTokenCount?: number | undefined;
    error?: unknown;
}

export interface UsageMetadata {
    promptTokenCount?: number | undefined;
    candidatesTokenCount?: number | undefined;
    thoughtsTokenCount?: number | undefined;
    cachedContentTokenCount?: number | undefined;
    toolUsePromptTokenCount?: number | undefined;
    totalTokenCount?: number | undefined;
    [field: string]: unknown;
}

export interface VertexOptions {
    readonly project?: string | undefined;
    readonly location?: string | undefined;
    readonly accessToken?: ApiKeySource | undefined;
}

export declare function createGemini(options?: GeminiOptions): Gemini;

export declare const defaultMaxResponseBytes: number;

export declare const defaultRetryOptions: RetryPolicy;

export declare function lastTurns(history: readonly Content[], count: number): Content[];

// Not exported, but part of what is:

interface StandardIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}

type TransportOptions = Omit<EventStreamOptions, 'retry' | 'onRetry'>;

type ValidationResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};
