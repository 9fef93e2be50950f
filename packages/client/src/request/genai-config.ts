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
  httpOptions:
    'pass baseUrl, apiVersion, headers, headersTimeoutMs and retry to createGemini instead (it has no total timeout by default)',
  automaticFunctionCalling: 'make functions with tool() and pass maxRounds instead',
  automaticContinuation: 'pass retry to createGemini instead',
};

/**
 * Returns the fields of a request body for a config of genai.
 * @throws TypeError for a field that another option of this client replaces
 */
export function fieldsOfGenaiConfig(config: GenaiConfig): { readonly fields: Fields; signal: AbortSignal | undefined } {
  const { systemInstruction, abortSignal, ...more } = config;
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
  return { fields, signal: abortSignal };
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
