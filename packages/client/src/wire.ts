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
}

/** A call that the model asks for. `partialArgs` and `willContinue` come only where arguments are streamed. */
export interface FunctionCall {
  id?: string | undefined;
  name?: string | undefined;
  args?: Record<string, unknown> | undefined;
  partialArgs?: unknown[] | undefined;
  willContinue?: boolean | undefined;
}

/** The body of `streamGenerateContent`. Fields that this version does not name are sent as they are. */
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

/** One answer of possibly several. */
export interface Candidate {
  index?: number | undefined;
  content?: Content | undefined;
  /** `STOP`, `MAX_TOKENS`, `SAFETY` and others; new ones pass through. */
  finishReason?: string | undefined;
  finishMessage?: string | undefined;
  safetyRatings?: unknown[] | undefined;
  citationMetadata?: Record<string, unknown> | undefined;
  groundingMetadata?: Record<string, unknown> | undefined;
  urlContextMetadata?: Record<string, unknown> | undefined;
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
}
