import type { OpenEnum } from './types.ts';

/** A content of the Interactions API. `data` is base64. */
export interface InteractionContent {
  type: OpenEnum<'text' | 'image' | 'audio' | 'video' | 'document' | 'function_result'>;
  text?: string;
  /** Offsets are bytes of the text. */
  annotations?: InteractionAnnotation[];
  data?: string;
  uri?: string;
  mime_type?: string;
  resolution?: OpenEnum<'low' | 'medium' | 'high' | 'ultra_high'>;
  name?: string;
  processing?: unknown;
  channels?: number;
  sample_rate?: number;
  /** Of a `function_result`. */
  call_id?: string;
  result?: unknown;
  is_error?: boolean;
}

/** A source, or a mark, of a piece of a text. */
export interface InteractionAnnotation {
  type?: OpenEnum<'url_citation' | 'file_citation' | 'place_citation' | 'speech_metadata' | 'word_info'>;
  start_index?: number;
  end_index?: number;
  url?: string;
  title?: string;
  [field: string]: unknown;
}

/** A step of an interaction: of the input, or of the model. Its other fields depend on its type. */
export interface InteractionStep {
  type: OpenEnum<
    | 'user_input'
    | 'model_output'
    | 'thought'
    | 'function_call'
    | 'function_result'
    | 'google_search_call'
    | 'google_search_result'
    | 'google_maps_call'
    | 'google_maps_result'
    | 'url_context_call'
    | 'url_context_result'
    | 'code_execution_call'
    | 'code_execution_result'
    | 'file_search_call'
    | 'file_search_result'
    | 'retrieval_call'
    | 'retrieval_result'
    | 'processing_call'
    | 'processing_result'
    | 'mcp_server_tool_call'
    | 'mcp_server_tool_result'
  >;
  /** Of a call. */
  id?: string;
  /** Of a result. */
  call_id?: string;
  name?: string;
  server_name?: string;
  arguments?: Record<string, unknown>;
  result?: unknown;
  is_error?: boolean;
  signature?: string;
  content?: InteractionContent[];
  /** Of a thought. */
  summary?: InteractionContent[];
  [field: string]: unknown;
}

/** A tool of the Interactions API: a function of the caller, or one that the server runs. */
export interface InteractionTool {
  type: OpenEnum<
    | 'function'
    | 'google_search'
    | 'google_maps'
    | 'url_context'
    | 'code_execution'
    | 'file_search'
    | 'retrieval'
    | 'mcp_server'
    | 'computer_use'
  >;
  name?: string;
  description?: string;
  /** A JSON Schema. */
  parameters?: unknown;
  [field: string]: unknown;
}

/** The settings of a model. */
export interface InteractionGenerationConfig {
  /** Thoughts count too. */
  max_output_tokens?: number;
  seed?: number;
  stop_sequences?: string[];
  thinking_level?: OpenEnum<'minimal' | 'low' | 'medium' | 'high'>;
  thinking_summaries?: OpenEnum<'auto' | 'none'>;
  tool_choice?:
    | OpenEnum<'auto' | 'any' | 'none' | 'validated'>
    | { allowed_tools: { mode?: OpenEnum<'auto' | 'any' | 'none' | 'validated'>; tools?: string[] } };
  speech_config?: unknown;
  transcription_config?: unknown;
  video_config?: unknown;
  image_config?: unknown;
  temperature?: number;
  top_p?: number;
}

/** A form of the answer. */
export interface InteractionFormat {
  type: OpenEnum<'text' | 'image' | 'audio' | 'video'>;
  mime_type?: string;
  /** A JSON Schema, of a text that is JSON. */
  schema?: unknown;
  aspect_ratio?: string;
  image_size?: string;
  sample_rate?: number;
  bit_rate?: number;
  resolution?: string;
  duration?: string;
  delivery?: OpenEnum<'inline' | 'uri'>;
  gcs_uri?: string;
}

/** The input of an interaction. */
export type InteractionInput = string | InteractionContent | readonly (InteractionContent | InteractionStep)[];

/** The body of `POST /interactions`, in the API's own names. A field without a name here is sent with `extraBody`. */
export interface InteractionRequest {
  input?: InteractionInput | undefined;
  model?: string | undefined;
  agent?: string | undefined;
  background?: boolean | undefined;
  store?: boolean | undefined;
  previous_interaction_id?: string | undefined;
  continuation_token?: string | undefined;
  system_instruction?: string | undefined;
  tools?: InteractionTool[] | undefined;
  generation_config?: InteractionGenerationConfig | undefined;
  agent_config?: Record<string, unknown> | undefined;
  response_format?: InteractionFormat | InteractionFormat[] | undefined;
  safety_settings?: { type?: string; threshold?: string; method?: string }[] | undefined;
  service_tier?: OpenEnum<'flex' | 'standard' | 'priority' | 'deferred'> | undefined;
  labels?: Record<string, string> | undefined;
  environment?: unknown;
  webhook_config?: Record<string, unknown> | undefined;
  cached_content?: string | undefined;
}

/** The status of an interaction. */
export type InteractionStatus = OpenEnum<
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'completed'
  | 'incomplete'
  | 'budget_exceeded'
  | 'requires_continuation'
  | 'failed'
  | 'cancelled'
>;

/** An interaction as the API tells it. */
export interface Interaction {
  id?: string;
  status: InteractionStatus;
  model?: string;
  agent?: string;
  created?: string;
  updated?: string;
  previous_interaction_id?: string;
  /** The input too, first. */
  steps?: InteractionStep[];
  usage?: Record<string, unknown>;
  service_tier?: string;
  errors?: { code?: string; message?: string }[];
  [field: string]: unknown;
}
