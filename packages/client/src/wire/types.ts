import type { CitationMetadata, GroundingMetadata, UrlContextMetadata } from './grounding-types.ts';

/** One of the known values, or a later one: every enumeration of the API grows. */
export type OpenEnum<Known extends string> = Known | (string & {});

/** A message of a conversation, as the API sends and accepts it. */
export interface Content {
  role?: string;
  parts?: Part[];
}

/**
 * A piece of a message: one data field, and flags beside it. Kinds that this version does not name pass through
 * untouched, here and everywhere else on the wire.
 */
export interface Part {
  text?: string;
  /** The text is the model's thinking, not its answer. */
  thought?: boolean;
  /** Base64. Has to go back to the API on the same part, even on an empty text. */
  thoughtSignature?: string;
  functionCall?: FunctionCall;
  functionResponse?: FunctionResponse;
  inlineData?: { mimeType?: string; data?: string; displayName?: string };
  fileData?: { mimeType?: string; fileUri?: string; displayName?: string };
  executableCode?: { id?: string; language?: string; code?: string };
  codeExecutionResult?: { id?: string; outcome?: string; output?: string };
  /** A tool that the server runs itself. It must come back to the API with its signature. */
  toolCall?: { id?: string; toolType?: string; args?: Record<string, unknown> };
  toolResponse?: { id?: string; toolType?: string; response?: Record<string, unknown> };
  /** Start and end offset of the clip, and frames per second. */
  videoMetadata?: { startOffset?: string; endOffset?: string; fps?: number };
  mediaResolution?: { level?: string; numTokens?: number };
  mediaProcessing?: string;
  audioTranscription?: AudioTranscription;
  /** The speaker of generated speech. */
  speechMetadata?: { speaker?: string; style?: string };
  /** The caller's own data on this part. */
  partMetadata?: Record<string, unknown>;
}

/** The words of audio. Offsets are durations in seconds: `1.5s`. */
export interface AudioTranscription {
  text?: string;
  finished?: boolean;
  languageCode?: string;
  speakerLabel?: string;
  startOffset?: string;
  endOffset?: string;
  words?: { word?: string; startOffset?: string; endOffset?: string }[];
}

/** One piece of a call's streamed arguments: its path (RFC 9535) and a value of one kind. */
export interface PartialArg {
  jsonPath?: string;
  stringValue?: string;
  numberValue?: number;
  boolValue?: boolean;
  nullValue?: 'NULL_VALUE';
  /** More of this string comes in a later piece. */
  willContinue?: boolean;
}

/** A call that the model asks for. `partialArgs` and `willContinue` come only if arguments are streamed. */
export interface FunctionCall {
  id?: string;
  name?: string;
  args?: Record<string, unknown>;
  partialArgs?: PartialArg[];
  willContinue?: boolean;
}

/** The result of a call, for the model. */
export interface FunctionResponse {
  id?: string;
  name?: string;
  response?: Record<string, unknown>;
  /** Files that belong to it. */
  parts?: FunctionResponsePart[];
  scheduling?: string;
  willContinue?: boolean;
}

/** A file beside the result of a call: its data in base64, or its address. */
export interface FunctionResponsePart {
  inlineData?: { mimeType?: string; data?: string; displayName?: string };
  fileData?: { mimeType?: string; fileUri?: string; displayName?: string };
}

/** The reason why an answer ended. New reasons pass through. */
export type FinishReason =
  | 'STOP'
  | 'MAX_TOKENS'
  | 'SAFETY'
  | 'RECITATION'
  | 'LANGUAGE'
  | 'OTHER'
  | 'BLOCKLIST'
  | 'PROHIBITED_CONTENT'
  | 'SPII'
  | 'MALFORMED_FUNCTION_CALL'
  | 'IMAGE_SAFETY'
  | 'UNEXPECTED_TOOL_CALL'
  | 'TOO_MANY_TOOL_CALLS'
  | 'IMAGE_PROHIBITED_CONTENT'
  | 'NO_IMAGE'
  | 'IMAGE_RECITATION'
  | 'IMAGE_OTHER'
  | 'CONTINUATION'
  | 'MALFORMED_RESPONSE'
  | 'MISSING_THOUGHT_SIGNATURE'
  | (string & {});

/** One answer of possibly several. */
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
  /** Continues this answer, as the `continuationToken` of another request. */
  continuationToken?: string | undefined;
}

/** Tokens of one kind: `TEXT`, `IMAGE`, … */
export interface ModalityTokenCount {
  modality?: string | undefined;
  tokenCount?: number | undefined;
}

/** Token counts; running totals while a stream is active. */
export interface UsageMetadata {
  promptTokenCount?: number | undefined;
  candidatesTokenCount?: number | undefined;
  thoughtsTokenCount?: number | undefined;
  cachedContentTokenCount?: number | undefined;
  toolUsePromptTokenCount?: number | undefined;
  /** The prompt's tokens without those of earlier requests of the same answer. Vertex AI only. */
  initialPromptTokenCount?: number | undefined;
  totalTokenCount?: number | undefined;
  promptTokensDetails?: ModalityTokenCount[] | undefined;
  candidatesTokensDetails?: ModalityTokenCount[] | undefined;
  cacheTokensDetails?: ModalityTokenCount[] | undefined;
  toolUsePromptTokensDetails?: ModalityTokenCount[] | undefined;
  trafficType?: string | undefined;
  serviceTier?: string | undefined;
}

/** One chunk of a stream, and the shape of the merged whole. */
export interface GenerateContentResponse {
  candidates?: Candidate[] | undefined;
  promptFeedback?: PromptFeedback | undefined;
  usageMetadata?: UsageMetadata | undefined;
  modelVersion?: string | undefined;
  responseId?: string | undefined;
  createTime?: string | undefined;
  modelStatus?: ModelStatus | undefined;
}

/** The stage of the model's life, such as `PREVIEW` or `DEPRECATED`, and the day of its retirement. */
export interface ModelStatus {
  message?: string;
  modelStage?: string;
  retirementTime?: string;
}

/** The judgement of a prompt. With a block reason there is no answer. */
export interface PromptFeedback {
  blockReason?: string;
  blockReasonMessage?: string;
  safetyRatings?: unknown[];
}
