/** A message of a conversation, as the API sends and takes it. */
export interface Content {
  role?: string | undefined;
  parts?: Part[] | undefined;
}

/**
 * A piece of a message: one data field, and flags beside it. Kinds that this version does not name pass through
 * untouched.
 */
export interface Part {
  text?: string | undefined;
  /** The text is the model's thinking, not its answer. */
  thought?: boolean | undefined;
  /** Base64. Must come back to the API on the very part that it came with, even on an empty text. */
  thoughtSignature?: string | undefined;
  functionCall?: FunctionCall | undefined;
  functionResponse?: { id?: string; name?: string; response?: Record<string, unknown> } | undefined;
  inlineData?: { mimeType?: string; data?: string; displayName?: string } | undefined;
  fileData?: { mimeType?: string; fileUri?: string; displayName?: string } | undefined;
  executableCode?: { id?: string; language?: string; code?: string } | undefined;
  codeExecutionResult?: { id?: string; outcome?: string; output?: string } | undefined;
  /** A tool that the server runs itself. It must come back to the API with its signature. */
  toolCall?: { id?: string; toolType?: string; args?: Record<string, unknown> } | undefined;
  toolResponse?: { id?: string; toolType?: string; response?: Record<string, unknown> } | undefined;
  [field: string]: unknown;
}

/** One piece of a call's streamed arguments: where it belongs (RFC 9535) and a value of one kind. */
export interface PartialArg {
  jsonPath?: string | undefined;
  stringValue?: string | undefined;
  numberValue?: number | undefined;
  boolValue?: boolean | undefined;
  nullValue?: 'NULL_VALUE' | null | undefined;
  /** More of this string comes in a later piece. */
  willContinue?: boolean | undefined;
}

/** A call that the model asks for. `partialArgs` and `willContinue` come only where arguments are streamed. */
export interface FunctionCall {
  id?: string | undefined;
  name?: string | undefined;
  args?: Record<string, unknown> | undefined;
  partialArgs?: PartialArg[] | undefined;
  willContinue?: boolean | undefined;
}

/** Why an answer ended, as far as this version knows; new reasons pass through. */
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
  | (string & {});

/** The body of `streamGenerateContent`. Fields that this version does not name are sent as they are. */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: Content | undefined;
  tools?: unknown[] | undefined;
  toolConfig?: Record<string, unknown> | undefined;
  safetySettings?: unknown[] | undefined;
  generationConfig?: Record<string, unknown> | undefined;
  cachedContent?: string | undefined;
  /** Names under which Vertex AI bills the request. The Developer API refuses them. */
  labels?: Record<string, string> | undefined;
  [field: string]: unknown;
}

/** One answer of possibly several. */
export interface Candidate {
  index?: number | undefined;
  content?: Content | undefined;
  finishReason?: FinishReason | undefined;
  finishMessage?: string | undefined;
  safetyRatings?: unknown[] | undefined;
  citationMetadata?: Record<string, unknown> | undefined;
  groundingMetadata?: Record<string, unknown> | undefined;
  urlContextMetadata?: Record<string, unknown> | undefined;
  /** Goes on with this answer from here, in the `continuationToken` of another request. */
  continuationToken?: string | undefined;
  [field: string]: unknown;
}

/** Token counts; running totals while a stream goes on. */
export interface UsageMetadata {
  promptTokenCount?: number | undefined;
  candidatesTokenCount?: number | undefined;
  thoughtsTokenCount?: number | undefined;
  cachedContentTokenCount?: number | undefined;
  toolUsePromptTokenCount?: number | undefined;
  totalTokenCount?: number | undefined;
  [field: string]: unknown;
}

/** One chunk of a stream, and the shape of the merged whole. */
export interface GenerateContentResponse {
  candidates?: Candidate[] | undefined;
  promptFeedback?: { blockReason?: string; blockReasonMessage?: string; safetyRatings?: unknown[] } | undefined;
  usageMetadata?: UsageMetadata | undefined;
  modelVersion?: string | undefined;
  responseId?: string | undefined;
  createTime?: string | undefined;
  [field: string]: unknown;
}
