import type { InteractionRequest } from '../wire/interaction-types.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';

/** The settings of a request under one set of names, for both APIs. A setting that the request leaves out is absent. */
export interface RequestParameters {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly candidateCount?: number | undefined;
  /** The form that the answer is asked for: `text`, `json`, `image`, `speech` or `video`. */
  readonly outputType?: string | undefined;
  /** The agent of an interaction, if an agent answers and not a model. */
  readonly agent?: string | undefined;
  readonly previousInteractionId?: string | undefined;
}

/** Returns the settings of a request to `streamGenerateContent`. */
export function contentParameters({ generationConfig = {} }: GenerateContentRequest): RequestParameters {
  const { temperature, topP, topK, maxOutputTokens, seed, stopSequences, candidateCount } = generationConfig;
  const { frequencyPenalty, presencePenalty, responseMimeType, responseModalities = [] } = generationConfig;
  // An answer with pictures or sound may have text beside them.
  const modality = responseModalities.find((name) => name !== 'TEXT') ?? responseModalities[0];
  return {
    temperature,
    topP,
    topK,
    maxOutputTokens,
    seed,
    stopSequences,
    frequencyPenalty,
    presencePenalty,
    candidateCount,
    outputType: outputTypeOf(modality, responseMimeType),
  };
}

/** Returns the settings of an interaction. */
export function interactionParameters(body: InteractionRequest): RequestParameters {
  const { generation_config: config = {}, response_format: asked, agent, previous_interaction_id } = body;
  const formats = Array.isArray(asked) ? asked : asked === undefined ? [] : [asked];
  const format = formats.find(({ type }) => type !== 'text') ?? formats[0];
  return {
    temperature: config.temperature,
    topP: config.top_p,
    maxOutputTokens: config.max_output_tokens,
    seed: config.seed,
    stopSequences: config.stop_sequences,
    outputType: outputTypeOf(format?.type, format?.mime_type),
    agent,
    previousInteractionId: previous_interaction_id,
  };
}

function outputTypeOf(modality: string | undefined, mimeType: string | undefined): string | undefined {
  const kind = modality?.toLowerCase();
  if (kind === 'audio') return 'speech';
  if (kind !== undefined && kind !== 'text') return kind;
  // `text/x.enum` is text too.
  return mimeType?.startsWith('application/json') === true ? 'json' : (kind ?? (mimeType && 'text'));
}
