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
    citationMetadata?: CitationMetadata | undefined;
    groundingMetadata?: GroundingMetadata | undefined;
    urlContextMetadata?: UrlContextMetadata | undefined;
    tokenCount?: number | undefined;
    avgLogprobs?: number | undefined;
    logprobsResult?: object | undefined;
    continuationToken?: string | undefined;
}

export interface Chat {
    stream(prompt: ChatPrompt, options?: StreamOptions): GeminiStream;
    readonly history: Content[];
    readonly openCalls: FunctionCall[];
}

export interface ChatOptions extends ToolOptions {
    readonly model?: string | undefined;
    readonly history?: readonly Content[] | undefined;
    readonly systemInstruction?: Prompt | undefined;
    readonly config?: GenaiConfig | undefined;
    readonly keep?: KeepTurns | undefined;
}

export type ChatPrompt = string | PromptPart | readonly (string | PromptPart)[];

export interface CitationMetadata {
    citations?: {
        startIndex?: number;
        endIndex?: number;
        uri?: string;
        title?: string;
        license?: string;
    }[] | undefined;
}

export interface Content {
    role?: string;
    parts?: Part[];
}

export type DeepPartial<Value> = Value extends readonly (infer Item)[] ? DeepPartial<Item>[] : Value extends object ? {
    [Key in keyof Value]?: DeepPartial<Value[Key]>;
} : Value;

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'RECITATION' | 'LANGUAGE' | 'OTHER' | 'BLOCKLIST' | 'PROHIBITED_CONTENT' | 'SPII' | 'MALFORMED_FUNCTION_CALL' | 'IMAGE_SAFETY' | 'UNEXPECTED_TOOL_CALL' | 'TOO_MANY_TOOL_CALLS' | 'IMAGE_PROHIBITED_CONTENT' | 'NO_IMAGE' | 'IMAGE_RECITATION' | 'IMAGE_OTHER' | 'CONTINUATION' | 'MALFORMED_RESPONSE' | (string & {});

export interface FirstSightings {
    readonly firstThoughtMs: number | undefined;
    readonly firstTextMs: number | undefined;
    readonly firstFunctionCallMs: number | undefined;
    readonly gapP50Ms: number | undefined;
    readonly gapP99Ms: number | undefined;
}

export interface FunctionCall {
    id?: string;
    name?: string;
    args?: Record<string, unknown>;
    partialArgs?: PartialArg[];
    willContinue?: boolean;
}

export interface FunctionDeclaration {
    readonly name: string;
    readonly description?: string | undefined;
    readonly parametersJsonSchema?: unknown;
}

export interface FunctionResponse {
    id?: string;
    name?: string;
    response?: Record<string, unknown>;
    parts?: FunctionResponsePart[];
    scheduling?: string;
    willContinue?: boolean;
}

export interface FunctionResponsePart {
    inlineData?: {
        mimeType?: string;
        data?: string;
        displayName?: string;
    };
    fileData?: {
        mimeType?: string;
        fileUri?: string;
        displayName?: string;
    };
}

export interface FunctionTool {
    readonly functionDeclarations: readonly [FunctionDeclaration];
    readonly [runnerKey]: ToolRunner;
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

export type GeminiErrorCode = 'api-error' | 'truncated' | 'stopped' | 'invalid-chunk' | 'missing-api-key' | 'api-key-failed' | 'unsupported-api-key' | 'insecure-base-url' | 'missing-auth-library' | 'auth-failed' | 'response-too-large' | 'resume-mismatch' | 'history-lost' | 'blocked' | 'incomplete-object' | 'invalid-object' | 'chat-busy' | 'tool-failed' | 'too-many-rounds' | 'too-many-calls' | 'malformed-function-call' | 'internal-error' | HttpStreamErrorCode;

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
    readonly vertex?: VertexOptions | false | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly retry?: RetryOptions | false | undefined;
    readonly maxResponseBytes?: number | undefined;
    readonly invalidChunks?: InvalidChunks | undefined;
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
    readonly type: 'tool-call';
    readonly call: FunctionCall;
    readonly round: number;
}
 | {
    readonly type: 'tool-result';
    readonly call: FunctionCall;
    readonly response: Record<string, unknown>;
    readonly failure?: ToolFailure | undefined;
    readonly durationMs: number;
    readonly round: number;
}
 | {
    readonly type: 'round';
    readonly round: number;
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
    readonly groundingMetadata?: GroundingMetadata | undefined;
    readonly citationMetadata?: CitationMetadata | undefined;
    readonly urlContextMetadata?: UrlContextMetadata | undefined;
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

export type GenaiConfig = GenaiConfigFields | (GenaiConfigFields & {
    readonly [field: string]: unknown;
});

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
    labels?: Record<string, string> | undefined;
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
    modelStatus?: object | undefined;
}

export interface GroundingChunk {
    web?: {
        uri?: string;
        title?: string;
        domain?: string;
    } | undefined;
    maps?: object | undefined;
    image?: object | undefined;
    retrievedContext?: object | undefined;
}

export interface GroundingMetadata {
    groundingChunks?: GroundingChunk[] | undefined;
    groundingSupports?: GroundingSupport[] | undefined;
    webSearchQueries?: string[] | undefined;
    imageSearchQueries?: string[] | undefined;
    retrievalQueries?: string[] | undefined;
    searchEntryPoint?: {
        renderedContent?: string;
        sdkBlob?: string;
    } | undefined;
    retrievalMetadata?: object | undefined;
    googleMapsWidgetContextToken?: string | undefined;
    sourceFlaggingUris?: object[] | undefined;
}

export interface GroundingSupport {
    segment?: {
        partIndex?: number;
        startIndex?: number;
        endIndex?: number;
        text?: string;
    } | undefined;
    groundingChunkIndices?: number[] | undefined;
    confidenceScores?: number[] | undefined;
}

export type InvalidChunks = 'fail' | 'skip';

export type JsonSchema = Readonly<Record<string, unknown>> & {
    readonly '~standard'?: never;
};

export type KeepTurns = 'completed' | 'partial';

export interface ModalityTokenCount {
    modality?: string | undefined;
    tokenCount?: number | undefined;
}

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
    text?: string;
    thought?: boolean;
    thoughtSignature?: string;
    functionCall?: FunctionCall;
    functionResponse?: FunctionResponse;
    inlineData?: {
        mimeType?: string;
        data?: string;
        displayName?: string;
    };
    fileData?: {
        mimeType?: string;
        fileUri?: string;
        displayName?: string;
    };
    executableCode?: {
        id?: string;
        language?: string;
        code?: string;
    };
    codeExecutionResult?: {
        id?: string;
        outcome?: string;
        output?: string;
    };
    toolCall?: {
        id?: string;
        toolType?: string;
        args?: Record<string, unknown>;
    };
    toolResponse?: {
        id?: string;
        toolType?: string;
        response?: Record<string, unknown>;
    };
    videoMetadata?: {
        startOffset?: string;
        endOffset?: string;
        fps?: number;
    };
    mediaResolution?: {
        level?: string;
        numTokens?: number;
    };
    mediaProcessing?: string;
    audioTranscription?: object;
    speechMetadata?: object;
    partMetadata?: Record<string, unknown>;
}

export interface PartialArg {
    jsonPath?: string;
    stringValue?: string;
    numberValue?: number;
    boolValue?: boolean;
    nullValue?: 'NULL_VALUE';
    willContinue?: boolean;
}

export interface PlainToolDefinition extends ToolDescription {
    readonly parameters?: JsonSchema | undefined;
    readonly execute?: ((args: Record<string, unknown>, context: ToolContext) => unknown) | undefined;
}

export type Prompt = string | PromptPart | PromptContent | Content | readonly (string | PromptPart)[] | readonly (PromptContent | Content)[];

export interface PromptContent {
    readonly role?: string;
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

export interface RoundReport {
    readonly round: number;
    readonly finishReason: string | undefined;
    readonly callsCount: number;
    readonly usage: UsageMetadata | undefined;
    readonly attempts: number;
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

export interface StreamOptions extends ToolOptions {
    readonly model?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly rawChunks?: boolean | undefined;
    readonly restart?: boolean | undefined;
    readonly keepContent?: boolean | undefined;
}

export interface StreamOutcome {
    readonly status: OutcomeStatus;
    readonly text: string;
    readonly response: GenerateContentResponse;
    readonly finishReason: string | undefined;
    readonly blockReason: string | undefined;
    readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
    readonly usage: UsageMetadata | undefined;
    readonly usageKind: UsageKind | undefined;
    readonly skippedChunks: number;
    readonly attempts: number;
    readonly attemptReports: readonly AttemptReport[];
    readonly error: GeminiError | undefined;
    readonly turn?: ToolTurn | undefined;
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

export interface ToolContext {
    readonly call: FunctionCall;
    readonly round: number;
    readonly signal: AbortSignal;
}

export interface ToolDefinition<Arguments> extends ToolDescription {
    readonly parameters: ObjectSchema<unknown, Arguments>;
    readonly execute?: ((args: Arguments, context: ToolContext) => unknown) | undefined;
}

export type ToolFailure = 'unknown-tool' | 'invalid-arguments' | 'threw' | 'timeout' | 'not-json' | 'too-large';

export interface ToolLimits {
    readonly maxRounds: number;
    readonly maxCallsPerAnswer: number;
    readonly maxParallelCalls: number;
    readonly toolTimeoutMs: number;
    readonly maxToolResultBytes: number;
    readonly onToolError: 'tell-model' | 'fail';
}

export interface ToolOptions {
    readonly tools?: readonly object[] | undefined;
    readonly maxRounds?: number | undefined;
    readonly maxCallsPerAnswer?: number | undefined;
    readonly maxParallelCalls?: number | undefined;
    readonly toolTimeoutMs?: number | undefined;
    readonly maxToolResultBytes?: number | undefined;
    readonly onToolError?: 'tell-model' | 'fail' | undefined;
}

export interface ToolTurn {
    readonly contents: readonly Content[];
    readonly rounds: readonly RoundReport[];
    readonly openCalls: readonly FunctionCall[];
}

export interface UrlContextMetadata {
    urlMetadata?: {
        retrievedUrl?: string;
        urlRetrievalStatus?: string;
    }[] | undefined;
}

export type UsageKind = 'final' | 'last-seen';

export interface UsageMetadata {
    promptTokenCount?: number | undefined;
    candidatesTokenCount?: number | undefined;
    thoughtsTokenCount?: number | undefined;
    cachedContentTokenCount?: number | undefined;
    toolUsePromptTokenCount?: number | undefined;
    totalTokenCount?: number | undefined;
    promptTokensDetails?: ModalityTokenCount[] | undefined;
    candidatesTokensDetails?: ModalityTokenCount[] | undefined;
    cacheTokensDetails?: ModalityTokenCount[] | undefined;
    toolUsePromptTokensDetails?: ModalityTokenCount[] | undefined;
    trafficType?: string | undefined;
    serviceTier?: string | undefined;
}

export interface VertexAuth {
    getRequestHeaders(url?: string): Promise<unknown>;
}

export interface VertexOptions {
    readonly project?: string | undefined;
    readonly location?: string | undefined;
    readonly accessToken?: ApiKeySource | undefined;
    readonly auth?: VertexAuth | undefined;
    readonly quotaProject?: string | undefined;
}

export declare function createGemini(options?: GeminiOptions): Gemini;

export declare const defaultMaxResponseBytes: number;

export declare const defaultRetryOptions: RetryPolicy;

export declare const defaultToolLimits: ToolLimits;

export declare function lastTurns(history: readonly Content[], count: number): Content[];

export declare function tool<Arguments>(definition: ToolDefinition<Arguments>): FunctionTool;
function tool(definition: PlainToolDefinition): FunctionTool;

// Not exported, but part of what is:

interface GenaiConfigFields {
    readonly systemInstruction?: Prompt | undefined;
    readonly abortSignal?: AbortSignal | undefined;
}

interface ReadSchema {
    readonly jsonSchema: Readonly<Record<string, unknown>>;
    validate(value: unknown): Promise<{
        readonly value: unknown;
    } | {
        readonly issues: readonly ObjectIssue[];
    }>;
}

interface StandardIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}

interface ToolDescription {
    readonly name: string;
    readonly description?: string | undefined;
    readonly timeoutMs?: number | undefined;
}

interface ToolRunner {
    readonly name: string;
    readonly timeoutMs: number | undefined;
    readonly validate: ReadSchema['validate'];
    readonly execute: ((args: never, context: ToolContext) => unknown) | undefined;
}

type TransportOptions = Omit<EventStreamOptions, 'retry' | 'onRetry'>;

type ValidationResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};

const runnerKey: unique symbol;
