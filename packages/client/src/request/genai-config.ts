import { isRecord, kindOf } from '../wire/guard.ts';
import type { Content } from '../wire/types.ts';
import { type Prompt, contentsOf } from './prompt.ts';

/** The `config` of `@google/genai`. Its flat fields are moved to the places where the API expects them. */
export type GenaiConfig = GenaiConfigFields | (GenaiConfigFields & { readonly [field: string]: unknown });

/** The fields that this client reads itself. A value of genai's own type, which has no index signature, fits too. */
interface GenaiConfigFields {
  readonly systemInstruction?: Prompt | undefined;
  readonly abortSignal?: AbortSignal | undefined;
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
  const { systemInstruction, abortSignal, httpOptions, automaticFunctionCalling, ...given } = config as Fields &
    GenaiConfigFields;
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
function httpSettings(options: unknown): Pick<GenaiSettings, 'headers' | 'totalTimeoutMs'> {
  if (options === undefined || options === null) return {};
  if (!isRecord(options)) throw new TypeError(`config.httpOptions: expected an object, got ${typeof options}`);
  const { headers, timeout, ...more } = options;
  const [other] = Object.keys(more).filter((name) => more[name] !== undefined && more[name] !== null);
  if (other !== undefined) {
    throw new TypeError(
      `config.httpOptions.${other}: expected headers or timeout: pass ${other} to createGemini instead`,
    );
  }
  const isTimeout = typeof timeout === 'number' && timeout > 0;
  if (timeout !== undefined && !isTimeout) {
    throw new TypeError(`config.httpOptions.timeout: expected a number above 0, got ${kindOf(timeout)}`);
  }
  return {
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

function systemContent(instruction: Prompt): Content {
  const [content, ...more] = contentsOf(instruction, 'config.systemInstruction');
  if (more.length > 0) {
    throw new TypeError(`config.systemInstruction: expected one message, got ${more.length + 1}`);
  }
  return { ...content, role: content?.role ?? 'user' };
}
