// The GenAI conventions as `@opentelemetry/semantic-conventions` 1.45 has them. Newer drafts rename many; a switch changes
// this file only.

/** Attributes of spans, metrics and events. */
export const attribute = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  agent: 'gen_ai.agent.name',
  conversation: 'gen_ai.conversation.id',
  outputType: 'gen_ai.output.type',
  requestModel: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  topK: 'gen_ai.request.top_k',
  maxTokens: 'gen_ai.request.max_tokens',
  seed: 'gen_ai.request.seed',
  stopSequences: 'gen_ai.request.stop_sequences',
  frequencyPenalty: 'gen_ai.request.frequency_penalty',
  presencePenalty: 'gen_ai.request.presence_penalty',
  choiceCount: 'gen_ai.request.choice.count',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  tokenType: 'gen_ai.token.type',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  systemInstructions: 'gen_ai.system_instructions',
  toolDefinitions: 'gen_ai.tool.definitions',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
} as const;

/** Operations: the values of `gen_ai.operation.name`, and the first words of the names of spans. */
export const operation = {
  generate: 'generate_content',
  agent: 'invoke_agent',
  tool: 'execute_tool',
} as const;

/** Values of `gen_ai.provider.name`, by the API of the client. */
export const provider = { gemini: 'gcp.gemini', vertex: 'gcp.vertex_ai' } as const;

/** Histograms. */
export const metric = {
  duration: 'gen_ai.client.operation.duration',
  timeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  timePerOutputChunk: 'gen_ai.client.operation.time_per_output_chunk',
  tokenUsage: 'gen_ai.client.token.usage',
} as const;

/** Names of log records. */
export const event = {
  exception: 'gen_ai.client.operation.exception',
  details: 'gen_ai.client.inference.operation.details',
} as const;

/** The switch of the conventions for prompts and answers. */
export const contentVariable = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

/** Our own names: facts that the conventions do not have. */
export const own = {
  verdict: 'gemini.stream.verdict',
  cause: 'gemini.stream.cause',
  attempts: 'gemini.stream.attempts',
  endedBy: 'gemini.stream.ended_by',
  /** `retry`, `resume` or `fallback`. The events of a span have these names too, after `gemini.stream.`. */
  resendKind: 'gemini.stream.resend.kind',
  attempt: 'gemini.stream.attempt',
  /** In seconds. */
  delay: 'gemini.stream.delay',
  /** Counters. */
  ends: 'gemini.client.stream.ends',
  resends: 'gemini.client.stream.resends',
  /** A histogram of a newer draft than 1.45. */
  toolDuration: 'gen_ai.execute_tool.duration',
} as const;

/** The buckets of durations, in seconds: from 10 ms, doubling. */
export const secondsBuckets: number[] = Array.from({ length: 14 }, (_, index) => 0.01 * 2 ** index);

/** The buckets of token counts: powers of four. */
export const tokenBuckets: number[] = Array.from({ length: 14 }, (_, index) => 4 ** index);
