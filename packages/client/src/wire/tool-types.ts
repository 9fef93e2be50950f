import type { OpenEnum } from './types.ts';

/** An entry of `tools`: functions of the caller, or tools that the server runs. */
export interface Tool {
  functionDeclarations?: FunctionDeclaration[];
  googleSearch?: GoogleSearch;
  googleMaps?: GoogleMaps;
  urlContext?: {};
  codeExecution?: {};
  fileSearch?: FileSearch;
  computerUse?: ComputerUse;
  /** Servers of the Model Context Protocol that Google calls itself. Developer API only. */
  mcpServers?: McpServer[];
  /** The search of earlier models. */
  googleSearchRetrieval?: {
    dynamicRetrievalConfig?: { mode?: OpenEnum<'MODE_DYNAMIC'>; dynamicThreshold?: number };
  };
  /** Vertex AI only. */
  retrieval?: Retrieval;
  /** Vertex AI only. */
  enterpriseWebSearch?: { excludeDomains?: string[]; blockingConfidence?: PhishingThreshold };
  /** Vertex AI only. */
  exaAiSearch?: { apiKey?: string; customConfigs?: Record<string, unknown> };
  /** Vertex AI only. */
  parallelAiSearch?: {
    apiKey?: string;
    customConfigs?: Record<string, unknown>;
    enableDataRetention?: boolean;
    enableZeroDataRetention?: boolean;
  };
}

/** The declaration of a function for the model. */
export interface FunctionDeclaration {
  /** A letter or `_`, then letters, digits and `_ . : -`; at most 128 characters. */
  name?: string;
  description?: string;
  /** The arguments in the API's own form of a schema. */
  parameters?: Schema;
  /** The arguments as a JSON Schema, in the place of `parameters`. */
  parametersJsonSchema?: unknown;
  response?: Schema;
  responseJsonSchema?: unknown;
  behavior?: OpenEnum<'BLOCKING' | 'NON_BLOCKING'>;
}

/** The API's own form of a schema. Lengths and counts are integers in strings. */
export interface Schema {
  type?: OpenEnum<'STRING' | 'NUMBER' | 'INTEGER' | 'BOOLEAN' | 'ARRAY' | 'OBJECT' | 'NULL'>;
  title?: string;
  description?: string;
  nullable?: boolean;
  format?: string;
  enum?: string[];
  pattern?: string;
  minLength?: string;
  maxLength?: string;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: string;
  maxItems?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  propertyOrdering?: string[];
  minProperties?: string;
  maxProperties?: string;
  anyOf?: Schema[];
  default?: unknown;
  example?: unknown;
}

/** The rules for calling functions and tools. */
export interface ToolConfig {
  functionCallingConfig?: FunctionCallingConfig;
  /** The place and language of searches. */
  retrievalConfig?: { latLng?: { latitude?: number; longitude?: number }; languageCode?: string };
  /** Sends the calls of the server's own tools too. The client sets it if functions stand beside them. */
  includeServerSideToolInvocations?: boolean;
}

/** The mode in which functions are called. */
export interface FunctionCallingConfig {
  /** `ANY` calls a function always, `NONE` never. `VALIDATED` calls or answers, and calls fit their schema. */
  mode?: OpenEnum<'AUTO' | 'ANY' | 'NONE' | 'VALIDATED'>;
  /** The functions that may be called, with `ANY` and `VALIDATED`. */
  allowedFunctionNames?: string[];
  /** Sends arguments while they are written. Vertex AI only. */
  streamFunctionCallArguments?: boolean;
}

type PhishingThreshold = OpenEnum<
  | 'BLOCK_LOW_AND_ABOVE'
  | 'BLOCK_MEDIUM_AND_ABOVE'
  | 'BLOCK_HIGH_AND_ABOVE'
  | 'BLOCK_HIGHER_AND_ABOVE'
  | 'BLOCK_VERY_HIGH_AND_ABOVE'
  | 'BLOCK_ONLY_EXTREMELY_HIGH'
>;

/** The search of the web by the server. */
export interface GoogleSearch {
  searchTypes?: { webSearch?: {}; imageSearch?: {} };
  /** RFC 3339 times. */
  timeRangeFilter?: { startTime?: string; endTime?: string };
  /** Vertex AI only. */
  excludeDomains?: string[];
  /** Vertex AI only. */
  blockingConfidence?: PhishingThreshold;
}

/** The search of places and routes by the server. */
export interface GoogleMaps {
  groundingTypes?: { places?: {}; routing?: {} };
  /** Sends a token for the widget of Google Maps. */
  enableWidget?: boolean;
  /** Vertex AI only. */
  authConfig?: AuthConfig;
}

/** The search of file stores by the server. */
export interface FileSearch {
  fileSearchStoreNames?: string[];
  metadataFilter?: string;
  topK?: number;
}

/** The use of a screen, whose actions come as function calls. */
export interface ComputerUse {
  environment?: OpenEnum<'ENVIRONMENT_BROWSER' | 'ENVIRONMENT_MOBILE' | 'ENVIRONMENT_DESKTOP'>;
  excludedPredefinedFunctions?: string[];
  enablePromptInjectionDetection?: boolean;
  disabledSafetyPolicies?: OpenEnum<
    | 'FINANCIAL_TRANSACTIONS'
    | 'SENSITIVE_DATA_MODIFICATION'
    | 'COMMUNICATION_TOOL'
    | 'ACCOUNT_CREATION'
    | 'DATA_MODIFICATION'
    | 'USER_CONSENT_MANAGEMENT'
    | 'LEGAL_TERMS_AND_AGREEMENTS'
  >[];
}

/** A server of the Model Context Protocol. `headers` may hold its credentials: they are sent to Google. */
export interface McpServer {
  name?: string;
  streamableHttpTransport?: {
    url?: string;
    headers?: Record<string, string>;
    /** A duration in seconds: `5s`. */
    timeout?: string;
    /** A duration in seconds: `300s`. */
    sseReadTimeout?: string;
    terminateOnClose?: boolean;
  };
}

/** Documents of the caller. */
export interface Retrieval {
  vertexAiSearch?: {
    datastore?: string;
    engine?: string;
    filter?: string;
    maxResults?: number;
    dataStoreSpecs?: { dataStore?: string; filter?: string }[];
  };
  vertexRagStore?: {
    ragCorpora?: string[];
    ragResources?: { ragCorpus?: string; ragFileIds?: string[] }[];
    ragRetrievalConfig?: RagRetrievalConfig;
    similarityTopK?: number;
    vectorDistanceThreshold?: number;
    storeContext?: boolean;
  };
  externalApi?: {
    apiSpec?: OpenEnum<'SIMPLE_SEARCH' | 'ELASTIC_SEARCH'>;
    endpoint?: string;
    authConfig?: AuthConfig;
    apiAuth?: { apiKeyConfig?: { apiKeySecretVersion?: string; apiKeyString?: string } };
    elasticSearchParams?: { index?: string; searchTemplate?: string; numHits?: number };
    simpleSearchParams?: {};
  };
  disableAttribution?: boolean;
}

/** The way in which documents are found and ordered. */
export interface RagRetrievalConfig {
  topK?: number;
  filter?: { metadataFilter?: string; vectorDistanceThreshold?: number; vectorSimilarityThreshold?: number };
  hybridSearch?: { alpha?: number };
  ranking?: { llmRanker?: { modelName?: string }; rankService?: { modelName?: string } };
}

/** The credentials of the server for another API. */
export interface AuthConfig {
  authType?: OpenEnum<
    'NO_AUTH' | 'API_KEY_AUTH' | 'HTTP_BASIC_AUTH' | 'GOOGLE_SERVICE_ACCOUNT_AUTH' | 'OAUTH' | 'OIDC_AUTH'
  >;
  apiKey?: string;
  apiKeyConfig?: {
    name?: string;
    apiKeySecret?: string;
    apiKeyString?: string;
    httpElementLocation?: OpenEnum<
      'HTTP_IN_QUERY' | 'HTTP_IN_HEADER' | 'HTTP_IN_PATH' | 'HTTP_IN_BODY' | 'HTTP_IN_COOKIE'
    >;
  };
  googleServiceAccountConfig?: { serviceAccount?: string };
  httpBasicAuthConfig?: { credentialSecret?: string };
  oauthConfig?: { accessToken?: string; serviceAccount?: string };
  oidcConfig?: { idToken?: string; serviceAccount?: string };
}
