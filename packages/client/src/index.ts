export { defaultRetryPolicy as defaultRetryOptions } from '@gemini/http-streaming';
export type { DeliveryKind, DeliveryVerdict, RetryOptions } from '@gemini/http-streaming';
export type { ContentTimes, GeminiStreamTiming } from './answer/timing.ts';
export type { RequestParameters } from './answer/request-parameters.ts';
export type { StreamTraceContext } from './answer/trace-context.ts';
export type { ToolTraceContext } from './tools/trace-tool.ts';
export type { Chat, ChatOptions, ChatPrompt } from './chat/chat.ts';
export { type KeepTurns, lastTurns } from './chat/history.ts';
export { type Gemini, createGemini } from './create-gemini.ts';
export { GeminiError, type GeminiErrorFacts, type ObjectIssue, type QuotaViolation } from './errors.ts';
export type { DeepPartial } from './objects/partial-objects.ts';
export { type FittedSchema, fitSchema } from './objects/fit-schema.ts';
export type { JsonSchema, ObjectSchema } from './objects/schema.ts';
export type { ObjectStream, ObjectStreamOptions } from './objects/stream-object.ts';
export { type GeminiOptions, type InvalidChunks, defaultMaxResponseBytes } from './options.ts';
export type { ApiKeySource } from './request/credentials.ts';
export type { CallableTool, GenaiConfig, GenaiHttpOptions } from './request/genai-config.ts';
export type { VertexAuth } from './request/google-auth.ts';
export type {
  InteractionChat,
  InteractionChatOptions,
  InteractionTurnOptions,
} from './interactions/interaction-chat.ts';
export type {
  FollowOptions,
  InteractionCallOptions,
  InteractionOptions,
  Interactions,
  StartInteractionOptions,
} from './interactions/interactions.ts';
export type { FallbackModel, ModelChoice, ModelConfig } from './request/models.ts';
export type { GenaiRequest, StreamInput } from './request/normalise-request.ts';
export type { Prompt, PromptContent, PromptPart } from './request/prompt.ts';
export type { VertexOptions } from './request/vertex-options.ts';
export type { CommonStreamOptions, StartStreamOptions, StreamOptions, StreamTimeLimits } from './stream-options.ts';
export { geminiCodec } from './stream/gemini-codec.ts';
export type { GeminiStream } from './stream/gemini-stream.ts';
export type { ServedEnd, ServedEvents } from './stream/served-events.ts';
export type { StreamResponseOptions } from './stream/stream-response.ts';
export { type ToolLimits, type ToolOptions, defaultToolLimits } from './tools/tool-options.ts';
export { type ToolFile, type ToolResultWithFiles, toolResult } from './tools/tool-files.ts';
export {
  type FunctionTool,
  type PlainToolDefinition,
  type ToolContext,
  type ToolDefinition,
  tool,
} from './tools/tool.ts';
export type {
  AttemptReport,
  Checkpoint,
  GeminiErrorCode,
  GeminiStreamEvent,
  OutcomeStatus,
  RoundReport,
  StoredStreamEvent,
  EmptyAnswer,
  StreamOutcome,
  ToolFailure,
  ToolTurn,
  UsageEvents,
  UsageKind,
} from './types.ts';
export type {
  CitationMetadata,
  GroundingChunk,
  GroundingMetadata,
  GroundingSupport,
  MapsSource,
  RetrievedContext,
  ReviewSnippet,
  UrlContextMetadata,
} from './wire/grounding-types.ts';
export type {
  AudioTranscriptionConfig,
  GenerateContentRequest,
  GenerationConfig,
  ImageConfig,
  ModelArmorConfig,
  ModelSelectionConfig,
  OutputConfig,
  ResponseFormat,
  RoutingConfig,
  SafetySetting,
  ServiceTier,
  SpeechConfig,
  ThinkingConfig,
  VoiceConfig,
} from './wire/request-types.ts';
export type {
  Interaction,
  InteractionAnnotation,
  InteractionContent,
  InteractionFormat,
  InteractionGenerationConfig,
  InteractionInput,
  InteractionRequest,
  InteractionStatus,
  InteractionStep,
  InteractionTool,
} from './wire/interaction-types.ts';
export type {
  AuthConfig,
  ComputerUse,
  FileSearch,
  FunctionCallingConfig,
  FunctionDeclaration,
  GoogleMaps,
  GoogleSearch,
  McpServer,
  RagRetrievalConfig,
  Retrieval,
  Schema,
  Tool,
  ToolConfig,
} from './wire/tool-types.ts';
export type {
  AudioTranscription,
  Candidate,
  Content,
  FinishReason,
  FunctionCall,
  FunctionResponse,
  FunctionResponsePart,
  GenerateContentResponse,
  ModalityTokenCount,
  ModelStatus,
  OpenEnum,
  Part,
  PartialArg,
  PromptFeedback,
  UsageMetadata,
} from './wire/types.ts';
