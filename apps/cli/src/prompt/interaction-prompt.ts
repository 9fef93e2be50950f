import type {
  Gemini,
  GeminiStream,
  InteractionContent,
  InteractionGenerationConfig,
  InteractionRequest,
  PromptPart,
} from '@gemini/client';
import type { CommandOptions, OptionValues } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import { type PromptRequest, type promptOptions, readRequest } from './prompt-options.ts';
import type { FormatValues } from '../answer/answer-writers.ts';

const group = 'API';

/** The options that choose between generateContent and the Interactions API. */
export const apiOptions = {
  api: { type: 'string', value: 'NAME', group, description: 'generate-content (the default) or interactions' },
} as const satisfies CommandOptions;

/** The options of one interaction. */
export const interactionOptions = {
  ...apiOptions,
  background: {
    type: 'boolean',
    group,
    description: 'interactions: the server runs on by itself, and "follow" finds the answer again',
  },
  agent: { type: 'string', value: 'NAME', group, description: 'interactions: an agent in the place of a model' },
} as const satisfies CommandOptions;

/**
 * Returns whether the options choose the Interactions API.
 * @throws UsageError for an unknown API, and for options that only the Interactions API has
 */
export function usesInteractions({ api, background, agent }: ApiValues): boolean {
  if (api === 'interactions') return true;
  if (api !== undefined && api !== 'generate-content') {
    throw new UsageError(`--api: expected generate-content or interactions, got ${JSON.stringify(api)}`);
  }
  const foreign = background === true ? '--background' : agent !== undefined && '--agent';
  if (foreign !== false) throw new UsageError(`${foreign} needs --api interactions`);
  return false;
}

/** Starts the answer to a prompt. */
type StartAnswer = (gemini: Gemini) => GeminiStream;

/**
 * Reads the prompt and the options of an answer, and returns its start by the API that they choose. Only the last line of
 * JSON has the whole answer: without it, an answer of any length needs little memory.
 * @throws UsageError for unreadable files, invalid options, and a setting that the Interactions API does not have
 */
export async function readAnswer(values: AnswerValues, words: readonly string[]): Promise<StartAnswer> {
  const isInteraction = usesInteractions(values);
  const request = await readRequest(values, words);
  const options = { rawChunks: values.raw, keepContent: values.json };
  if (!isInteraction) return (gemini) => gemini.stream(request, options);
  const interaction = interactionRequest(request);
  const { background, agent } = values;
  return (gemini) => gemini.interactions.stream(interaction, { ...options, background, agent });
}

/**
 * Returns a request of generateContent as one of the Interactions API.
 * @throws UsageError for a setting that the Interactions API does not have
 */
export function interactionRequest({
  contents,
  systemInstruction,
  generationConfig,
}: PromptRequest): InteractionRequest {
  const { responseJsonSchema: schema, responseMimeType, ...config } = generationConfig ?? {};
  const system = (systemInstruction as { readonly parts?: readonly { readonly text?: string }[] } | undefined)?.parts;
  const settings = interactionConfig(config);
  return {
    input: contents.flatMap(({ parts }) => parts ?? []).map(contentOf),
    ...(system === undefined ? {} : { system_instruction: system.map(({ text = '' }) => text).join('\n') }),
    ...(settings === undefined ? {} : { generation_config: settings }),
    ...(schema === undefined
      ? {}
      : { response_format: { type: 'text', mime_type: responseMimeType ?? 'application/json', schema } }),
  };
}

/**
 * Returns a `generationConfig` in the names of the Interactions API; `undefined` for none.
 * @throws UsageError for a setting that the Interactions API does not have
 */
export function interactionConfig(config: Readonly<Record<string, unknown>> | undefined) {
  const fields = Object.entries(config ?? {}).map(([name, value]) => {
    const wireName = wireNames[name];
    if (wireName === undefined)
      throw new UsageError(`${flags[name] ?? name}: the Interactions API has no such setting`);
    return [wireName, name === 'thinkingConfig' ? 'auto' : value];
  });
  return fields.length === 0 ? undefined : (Object.fromEntries(fields) as InteractionGenerationConfig);
}

const wireNames: Readonly<Record<string, keyof InteractionGenerationConfig>> = {
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_output_tokens',
  seed: 'seed',
  stopSequences: 'stop_sequences',
  thinkingConfig: 'thinking_summaries',
};
const flags: Readonly<Record<string, string>> = { topK: '--top-k' };

function contentOf(part: PromptPart): InteractionContent {
  if (!('inlineData' in part) || part.inlineData === undefined) {
    return { type: 'text', text: 'text' in part ? (part.text ?? '') : '' };
  }
  const { mimeType = '', data } = part.inlineData;
  const [kind = ''] = mimeType.split('/');
  const type = kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document';
  return { type, mime_type: mimeType, data: typeof data === 'string' ? data : base64(data as Uint8Array) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

type ApiValues = Pick<OptionValues<typeof apiOptions>, 'api'> &
  Partial<Pick<OptionValues<typeof interactionOptions>, 'background' | 'agent'>>;

/** The values of a prompt, of the form of its answer, and of its API. */
type AnswerValues = OptionValues<typeof promptOptions & typeof interactionOptions> & FormatValues;
