import { isRecord, kindOf } from '../wire/guard.ts';
import type {
  GenerationConfig,
  ModelArmorConfig,
  ModelSelectionConfig,
  OutputConfig,
  SafetySetting,
  ServiceTier,
  SpeechConfig,
} from '../wire/request-types.ts';
import type { Tool, ToolConfig } from '../wire/tool-types.ts';
import type { Content, FunctionCall, Part } from '../wire/types.ts';
import { contentsOf } from './prompt.ts';

/**
 * The `config` of `@google/genai`: all fields of a request but its messages, side by side. They are moved to the places
 * where the API expects them.
 */
export interface GenaiConfig extends Omit<GenerationConfig, 'speechConfig' | 'modelConfig'> {
  systemInstruction?: Content | Part | string | (Part | string)[];
  tools?: (Tool | CallableTool)[];
  toolConfig?: ToolConfig;
  safetySettings?: SafetySetting[];
  cachedContent?: string;
  labels?: Record<string, string>;
  serviceTier?: ServiceTier;
  store?: boolean;
  continuationToken?: string;
  /** A voice by its name is the short form. */
  speechConfig?: SpeechConfig | string;
  /** Sent as `generationConfig.modelConfig`. Vertex AI only. */
  modelSelectionConfig?: ModelSelectionConfig;
  modelArmorConfig?: ModelArmorConfig;
  /** Sent as `outputConfig`. Vertex AI only. */
  generationOutputConfig?: OutputConfig;
  /** An abort stops the stream. */
  abortSignal?: AbortSignal;
  httpOptions?: GenaiHttpOptions;
  /** Only `{ disable: true }`: functions run if they are made by `tool()`. */
  automaticFunctionCalling?: { disable?: boolean; maximumRemoteCalls?: number; ignoreCallHistory?: boolean };
  /** Refused: pass `retry` to `createGemini`. */
  automaticContinuation?: boolean;
}

/** The HTTP options of one request. The address belongs to the client. */
export interface GenaiHttpOptions {
  headers?: Record<string, string>;
  /** The time limit of the whole stream, in milliseconds. */
  timeout?: number;
  /** Fields for the request body that this version does not name. */
  extraBody?: Record<string, unknown>;
}

/** A function in the form of `@google/genai`. It is refused: make it with `tool()`, or with `mcpTools()`. */
export interface CallableTool {
  tool(): Promise<Tool>;
  callTool(functionCalls: FunctionCall[]): Promise<Part[]>;
}

type Fields = Record<string, unknown>;

/** The meaning of a config of genai. */
export interface GenaiSettings {
  /** Fields of the request body. */
  readonly fields: Fields;
  readonly signal: AbortSignal | undefined;
  /** Of `httpOptions`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly totalTimeoutMs?: number | undefined;
  readonly extraBody?: Fields | undefined;
}

const requestFields: ReadonlySet<string> = new Set([
  'tools',
  'toolConfig',
  'safetySettings',
  'cachedContent',
  'labels',
  'serviceTier',
  'store',
  'continuationToken',
  'modelArmorConfig',
  'outputConfig',
]);

/** Fields with another name on the wire. */
const wireNames: Readonly<Record<string, string>> = {
  modelSelectionConfig: 'modelConfig',
  generationOutputConfig: 'outputConfig',
};

const refused: Readonly<Record<string, string>> = {
  automaticFunctionCalling: 'make functions with tool() and pass maxRounds instead',
  automaticContinuation: 'pass retry to createGemini instead',
};

/**
 * Returns the fields of a request body for a config of genai.
 * @throws TypeError for a field that another option of this client replaces
 */
export function fieldsOfGenaiConfig(config: GenaiConfig): GenaiSettings {
  if (!isRecord(config)) throw new TypeError(`config: expected an object, got ${kindOf(config)}`);
  const { systemInstruction, abortSignal, httpOptions, automaticFunctionCalling, ...given } = config as GenaiConfig &
    Fields;
  // Functions of other packages never run here, so they need not be turned off.
  const isOff = isRecord(automaticFunctionCalling) && automaticFunctionCalling['disable'] === true;
  const more: Fields = isOff ? given : { ...given, automaticFunctionCalling };
  const fields: Fields = {};
  const generationConfig: Fields = {};
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined || value === null) continue;
    const advice = refused[name];
    if (advice !== undefined) throw new TypeError(`config.${name}: expected none, got ${typeof value}: ${advice}`);
    const wireName = wireNames[name] ?? name;
    if (requestFields.has(wireName)) fields[wireName] = value;
    else generationConfig[wireName] = value;
  }
  writeOut(generationConfig);
  if (systemInstruction !== undefined) fields['systemInstruction'] = systemContent(systemInstruction);
  if (Object.keys(generationConfig).length > 0) fields['generationConfig'] = generationConfig;
  return { fields, signal: abortSignal, ...httpSettings(httpOptions) };
}

/**
 * Reads the options of one request. The address belongs to the client.
 * @throws TypeError for any other option
 */
function httpSettings(options: unknown): Pick<GenaiSettings, 'headers' | 'totalTimeoutMs' | 'extraBody'> {
  if (options === undefined || options === null) return {};
  if (!isRecord(options)) throw new TypeError(`config.httpOptions: expected an object, got ${typeof options}`);
  const { headers, timeout, extraBody, ...more } = options;
  const [other] = Object.keys(more).filter((name) => more[name] !== undefined && more[name] !== null);
  if (other !== undefined) {
    throw new TypeError(
      `config.httpOptions.${other}: expected headers, timeout or extraBody: pass ${other} to createGemini instead`,
    );
  }
  const isTimeout = typeof timeout === 'number' && timeout > 0;
  if (timeout !== undefined && !isTimeout) {
    throw new TypeError(`config.httpOptions.timeout: expected a number above 0, got ${kindOf(timeout)}`);
  }
  if (extraBody !== undefined && !isRecord(extraBody)) {
    throw new TypeError(`config.httpOptions.extraBody: expected an object, got ${kindOf(extraBody)}`);
  }
  return {
    ...(extraBody === undefined ? {} : { extraBody }),
    ...(isRecord(headers) ? { headers: headers as Record<string, string> } : {}),
    ...(isTimeout ? { totalTimeoutMs: timeout } : {}),
  };
}

/** Converts the short forms of genai: a voice by its name, and a JSON Schema in the older field. */
function writeOut(generationConfig: Fields): void {
  const { speechConfig, responseSchema, responseJsonSchema } = generationConfig;
  if (typeof speechConfig === 'string') {
    generationConfig['speechConfig'] = { voiceConfig: { prebuiltVoiceConfig: { voiceName: speechConfig } } };
  }
  const isJsonSchema = typeof responseSchema === 'object' && responseSchema !== null && '$schema' in responseSchema;
  if (isJsonSchema && responseJsonSchema === undefined) {
    generationConfig['responseJsonSchema'] = responseSchema;
    delete generationConfig['responseSchema'];
  }
}

function systemContent(instruction: NonNullable<GenaiConfig['systemInstruction']>): Content {
  const [content, ...more] = contentsOf(instruction, 'config.systemInstruction');
  if (more.length > 0) {
    throw new TypeError(`config.systemInstruction: expected one message, got ${more.length + 1}`);
  }
  return { ...content, role: content?.role ?? 'user' };
}
