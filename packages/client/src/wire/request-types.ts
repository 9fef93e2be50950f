import type { Tool, ToolConfig } from './tool-types.ts';
import type { Content, OpenEnum } from './types.ts';

/**
 * The body of `streamGenerateContent`. A field that this version does not name is sent with the option `extraBody`.
 */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: Content | undefined;
  tools?: Tool[] | undefined;
  toolConfig?: ToolConfig | undefined;
  safetySettings?: SafetySetting[] | undefined;
  generationConfig?: GenerationConfig | undefined;
  /** A cache of the API: `cachedContents/…`. */
  cachedContent?: string | undefined;
  /** Names under which Vertex AI bills the request. The Developer API refuses them. */
  labels?: Record<string, string> | undefined;
  serviceTier?: ServiceTier | undefined;
  /** Whether the API may keep the request and its answer. */
  store?: boolean | undefined;
  /** Continues an answer from the `continuationToken` of its last candidate. */
  continuationToken?: string | undefined;
  /** Vertex AI only. */
  modelArmorConfig?: ModelArmorConfig | undefined;
  /** Vertex AI only: the place where generated files are written. */
  outputConfig?: OutputConfig | undefined;
}

/** The speed that a request pays for. */
export type ServiceTier = OpenEnum<'standard' | 'flex' | 'priority'>;

/** The settings of an answer. */
export interface GenerationConfig {
  /** Randomness, from 0 to 2. */
  temperature?: number;
  /** Only the likeliest tokens up to this share, from 0 to 1. */
  topP?: number;
  /** Only this many of the likeliest tokens. */
  topK?: number;
  /** Answers to one request, 1 to 8. */
  candidateCount?: number;
  /** Thoughts count too. */
  maxOutputTokens?: number;
  /** The answer ends before any of these texts, at most 5. */
  stopSequences?: string[];
  /** The same seed asks for the same answer. */
  seed?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  responseLogprobs?: boolean;
  /** The number of likely tokens to report at each place, 0 to 20. Needs `responseLogprobs`. */
  logprobs?: number;
  /** `text/plain`, `application/json` or `text/x.enum`. */
  responseMimeType?: string;
  /** The API's own form of a schema; a JSON Schema with `$schema` is sent as `responseJsonSchema`. */
  responseSchema?: unknown;
  /** A JSON Schema. */
  responseJsonSchema?: unknown;
  responseModalities?: OpenEnum<'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO'>[];
  thinkingConfig?: ThinkingConfig;
  mediaResolution?: OpenEnum<'MEDIA_RESOLUTION_LOW' | 'MEDIA_RESOLUTION_MEDIUM' | 'MEDIA_RESOLUTION_HIGH'>;
  speechConfig?: SpeechConfig;
  imageConfig?: ImageConfig;
  audioTranscriptionConfig?: AudioTranscriptionConfig;
  enableEnhancedCivicAnswers?: boolean;
  /** Vertex AI only: audio is understood with its timestamps. */
  audioTimestamp?: boolean;
  /** Vertex AI only. */
  routingConfig?: RoutingConfig;
  /** Vertex AI only. */
  modelConfig?: ModelSelectionConfig;
  /** Vertex AI only. */
  responseFormat?: ResponseFormat[];
}

/** The thinking of a model. */
export interface ThinkingConfig {
  /** Sends summaries of the thoughts, as `thought-delta` events. */
  includeThoughts?: boolean;
  /** In tokens. 0 turns thinking off, and -1 lets the model decide. */
  thinkingBudget?: number;
  thinkingLevel?: OpenEnum<'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH'>;
}

/** The voice of a spoken answer. */
export interface SpeechConfig {
  languageCode?: string;
  voiceConfig?: VoiceConfig;
  multiSpeakerVoiceConfig?: { speakerVoiceConfigs?: { speaker?: string; voiceConfig?: VoiceConfig }[] };
}

/** One voice: a prebuilt one by its name, or a copy of a recording. */
export interface VoiceConfig {
  prebuiltVoiceConfig?: { voiceName?: string };
  replicatedVoiceConfig?: {
    mimeType?: string;
    /** Base64. */
    voiceSampleAudio?: string;
    /** Base64. */
    consentAudio?: string;
    voiceConsentSignature?: { signature?: string };
  };
  voice?: string;
}

/** Generated images. */
export interface ImageConfig {
  /** Such as `16:9`. */
  aspectRatio?: string;
  /** Such as `2K`. */
  imageSize?: string;
  personGeneration?: OpenEnum<'DONT_ALLOW' | 'ALLOW_ADULT' | 'ALLOW_ALL'>;
  prominentPeople?: OpenEnum<'ALLOW_PROMINENT_PEOPLE' | 'BLOCK_PROMINENT_PEOPLE'>;
  outputMimeType?: string;
  /** 0 to 100. */
  outputCompressionQuality?: number;
  imageOutputOptions?: { mimeType?: string; compressionQuality?: number };
}

/** The transcription of audio in a prompt. */
export interface AudioTranscriptionConfig {
  mode?: OpenEnum<'VERBATIM' | 'SMART'>;
  /** Names the speakers. */
  diarization?: boolean;
  /** Gives each word its time. */
  wordTimestamp?: boolean;
  customVocabulary?: string[];
  adaptationPhrases?: string[];
  languageCodes?: string[];
  languageAuto?: {};
  languageHints?: { languageCodes?: string[] };
  sourceText?: string;
}

type CostPreference = 'PRIORITIZE_QUALITY' | 'BALANCED' | 'PRIORITIZE_COST';

/** The choice of a model by the server. */
export interface RoutingConfig {
  autoMode?: { modelRoutingPreference?: 'UNKNOWN' | CostPreference };
  manualMode?: { modelName?: string };
}

/** The preference between quality and cost. */
export interface ModelSelectionConfig {
  featureSelectionPreference?: OpenEnum<CostPreference>;
}

type Delivery = OpenEnum<'INLINE' | 'URI'>;

/** One form of the answer. */
export interface ResponseFormat {
  text?: { mimeType?: string; schema?: unknown };
  image?: { mimeType?: string; aspectRatio?: string; imageSize?: string; delivery?: Delivery };
  audio?: { mimeType?: string; sampleRate?: number; bitRate?: number; delivery?: Delivery };
  video?: { aspectRatio?: string; resolution?: string; duration?: string; delivery?: Delivery; gcsUri?: string };
}

/** The Model Armor templates that check the prompt and the answer. */
export interface ModelArmorConfig {
  promptTemplateName?: string;
  responseTemplateName?: string;
}

/** The place of generated files, in Cloud Storage. */
export interface OutputConfig {
  outputUriPrefix?: string;
}

/** The threshold at which content of one kind is refused. */
export interface SafetySetting {
  category?: OpenEnum<
    | 'HARM_CATEGORY_HARASSMENT'
    | 'HARM_CATEGORY_HATE_SPEECH'
    | 'HARM_CATEGORY_SEXUALLY_EXPLICIT'
    | 'HARM_CATEGORY_DANGEROUS_CONTENT'
    | 'HARM_CATEGORY_CIVIC_INTEGRITY'
    | 'HARM_CATEGORY_JAILBREAK'
    | 'HARM_CATEGORY_IMAGE_HATE'
    | 'HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT'
    | 'HARM_CATEGORY_IMAGE_HARASSMENT'
    | 'HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT'
  >;
  threshold?: OpenEnum<'BLOCK_LOW_AND_ABOVE' | 'BLOCK_MEDIUM_AND_ABOVE' | 'BLOCK_ONLY_HIGH' | 'BLOCK_NONE' | 'OFF'>;
  /** Vertex AI only. */
  method?: OpenEnum<'SEVERITY' | 'PROBABILITY'>;
}
