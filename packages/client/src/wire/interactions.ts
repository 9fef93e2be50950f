import { GeminiError } from '../errors.ts';
import { googleRpcError } from './google-error.ts';
import { presentText } from './absent.ts';
import type { CitationMetadata, GroundingChunk } from './grounding-types.ts';
import { isRecord } from './guard.ts';
import { InteractionCalls } from './interaction-calls.ts';
import { invalidJson } from './invalid-json.ts';
import type { Candidate, GenerateContentResponse, Part, UsageMetadata } from './types.ts';

type Fields = Record<string, unknown>;

const doneStatuses: Readonly<Record<string, string>> = {
  completed: 'STOP',
  requires_action: 'STOP',
  incomplete: 'MAX_TOKENS',
  budget_exceeded: 'MAX_TOKENS',
  requires_continuation: 'CONTINUATION',
};

/** Steps of the server's own tools, whose content is in the outcome's steps alone. */
const silentSteps: ReadonlySet<string> = new Set([
  'user_input',
  'function_result',
  'file_search_call',
  'file_search_result',
  'retrieval_call',
  'retrieval_result',
  'processing_call',
  'processing_result',
  'mcp_server_tool_call',
  'mcp_server_tool_result',
  'google_maps_call',
  'url_context_call',
]);

/** Whether a payload is an event of the Interactions API. */
export function isInteractionEvent(payload: object): boolean {
  return typeof (payload as Fields)['event_type'] === 'string';
}

/**
 * Converts the events of the Interactions API to response chunks, so that both APIs share everything above. A function call
 * comes when its step stops, with all its arguments.
 */
export class InteractionEvents {
  readonly #calls: InteractionCalls;

  /** The limit of unfinished calls, in characters. */
  constructor(maxResponseBytes: number) {
    this.#calls = new InteractionCalls(maxResponseBytes);
  }

  /**
   * Returns the chunk of an event, which may be empty; `undefined` for an event, a step or a delta that this version does
   * not know. `length` is the payload's, in characters, and `index` its place in the response.
   * @throws GeminiError `invalid-chunk` for arguments that are not a JSON object, `api-error` for an interaction that failed,
   * `stopped` for one that was cancelled
   */
  chunk(payload: object, length: number, index: number): GenerateContentResponse | undefined {
    const event = payload as Fields;
    try {
      const chunk = this.#read(event, length);
      const usage = usageIn(event);
      return chunk === undefined || usage === undefined ? chunk : { ...chunk, usageMetadata: usage };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw invalidJson(`event ${index}: the arguments of the call are not a JSON object`, cause);
    }
  }

  #read(event: Fields, length: number): GenerateContentResponse | undefined {
    const { index: step } = event;
    switch (event['event_type']) {
      case 'step.delta': {
        const delta = fieldsOf(event['delta']);
        if (delta['type'] === 'text') return partChunk({ text: textOf(delta['text']) });
        if (delta['type'] === 'arguments_delta') {
          this.#calls.add(step, textOf(delta['arguments']));
          return {};
        }
        return deltaChunk(delta);
      }
      case 'step.start':
        return this.#start(step, fieldsOf(event['step']), length);
      case 'step.stop': {
        const part = this.#calls.close(step);
        return part === undefined ? {} : partChunk(part);
      }
      case 'interaction.completed':
        return completedChunk(fieldsOf(event['interaction']));
      case 'interaction.created':
      case 'interaction.status_update':
      case 'interaction.in_progress':
      case 'interaction.requires_action': {
        const continuationToken = presentText(event['continuation_token']);
        return continuationToken === undefined ? {} : { candidates: [{ index: 0, continuationToken }] };
      }
      default:
        return undefined;
    }
  }

  #start(index: unknown, step: Fields, length: number): GenerateContentResponse | undefined {
    const { type, id, name, arguments: args, signature, content, summary } = step;
    if (type === 'function_call') {
      const call = {
        ...(presentText(id) === undefined ? {} : { id: textOf(id) }),
        name: textOf(name),
        args: fieldsOf(args),
      };
      this.#calls.open(index, call, length, presentText(signature));
      return {};
    }
    // A step may begin with content, and the deltas continue it.
    if (type === 'model_output') return contentChunk(content, false);
    if (type === 'thought') return contentChunk(summary, true);
    return deltaChunk(step);
  }
}

function contentChunk(content: unknown, thought: boolean): GenerateContentResponse | undefined {
  if (content === undefined || content === null) return {};
  const parts = (Array.isArray(content) ? (content as unknown[]) : []).map((item) => partOf(fieldsOf(item)));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  return {
    candidates: [
      { index: 0, content: { role: 'model', parts: thought ? known.map((part) => ({ ...part, thought })) : known } },
    ],
  };
}

const mediaTypes: ReadonlySet<unknown> = new Set(['image', 'audio', 'video', 'document']);

/** Returns a text, or a file with its data or its URI, as a part; `undefined` for another kind of content. */
function partOf({ type, text, data, uri, mime_type: mime }: Fields): Part | undefined {
  if (type === 'text') return { text: textOf(text) };
  if (!mediaTypes.has(type)) return undefined;
  const mimeType = presentText(mime);
  const file = mimeType === undefined ? {} : { mimeType };
  if (presentText(data) !== undefined) return { inlineData: { ...file, data: textOf(data) } };
  return presentText(uri) === undefined ? undefined : { fileData: { ...file, fileUri: textOf(uri) } };
}

function deltaChunk(delta: Fields): GenerateContentResponse | undefined {
  const { type } = delta;
  if (type === 'thought_summary') return contentChunk([delta['content']], true);
  if (type === 'thought_signature') {
    const thoughtSignature = presentText(delta['signature']);
    return thoughtSignature === undefined ? {} : partChunk({ text: '', thought: true, thoughtSignature });
  }
  if (type === 'text_annotation_delta') return annotationsChunk(listOf(delta['annotations']));
  if (typeof type === 'string' && silentSteps.has(type)) return {};
  return toolChunk(delta) ?? mediaChunk(delta);
}

function mediaChunk(delta: Fields): GenerateContentResponse | undefined {
  const part = partOf(delta);
  return part && partChunk(part);
}

/** Returns what a step of the server's own tools tells: code, its result, and sources. */
function toolChunk({ type, arguments: args, result, is_error: isError }: Fields): GenerateContentResponse | undefined {
  switch (type) {
    case 'code_execution_call': {
      const { code, language } = fieldsOf(args);
      return code === undefined
        ? {}
        : partChunk({ executableCode: { language: textOf(language).toUpperCase(), code: textOf(code) } });
    }
    case 'code_execution_result': {
      const outcome = isError === true ? 'OUTCOME_FAILED' : 'OUTCOME_OK';
      return result === undefined ? {} : partChunk({ codeExecutionResult: { outcome, output: textOf(result) } });
    }
    case 'google_search_call': {
      const webSearchQueries = listOf(fieldsOf(args)['queries']).map(textOf);
      return webSearchQueries.length === 0 ? {} : sourcesChunk({ groundingMetadata: { webSearchQueries } });
    }
    case 'google_search_result': {
      const renderedContent = listOf(result)
        .map((item) => textOf(fieldsOf(item)['search_suggestions']))
        .join('');
      return renderedContent === ''
        ? {}
        : sourcesChunk({ groundingMetadata: { searchEntryPoint: { renderedContent } } });
    }
    case 'google_maps_result': {
      const found = listOf(result).map(fieldsOf);
      const groundingChunks = found.flatMap(({ places }) => listOf(places).map(fieldsOf).map(mapsSource));
      const token = presentText(
        found.find((item) => presentText(item['widget_context_token']))?.['widget_context_token'],
      );
      const widget = token === undefined ? {} : { googleMapsWidgetContextToken: token };
      return found.length === 0 ? {} : sourcesChunk({ groundingMetadata: { groundingChunks, ...widget } });
    }
    case 'url_context_result': {
      const urlMetadata = listOf(result)
        .map(fieldsOf)
        .map(({ url, status }) => ({
          retrievedUrl: textOf(url),
          urlRetrievalStatus: `URL_RETRIEVAL_STATUS_${textOf(status).toUpperCase()}`,
        }));
      return urlMetadata.length === 0 ? {} : sourcesChunk({ urlContextMetadata: { urlMetadata } });
    }
    default:
      return undefined;
  }
}

function mapsSource({ place_id: placeId, name, url }: Fields): GroundingChunk {
  return { maps: { placeId: textOf(placeId), title: textOf(name), uri: textOf(url) } };
}

/** Annotations of a text: citations with their offsets, in bytes, and places of a map. */
function annotationsChunk(annotations: readonly unknown[]): GenerateContentResponse {
  const citations: NonNullable<CitationMetadata['citations']> = [];
  const groundingChunks: GroundingChunk[] = [];
  for (const annotation of annotations.map(fieldsOf)) {
    const { type, url, title, document_uri: document, file_name: file } = annotation;
    const { start_index: startIndex, end_index: endIndex } = annotation;
    if (type === 'place_citation') groundingChunks.push(mapsSource(annotation));
    if (type !== 'url_citation' && type !== 'file_citation') continue;
    citations.push({
      ...(typeof startIndex === 'number' ? { startIndex } : {}),
      ...(typeof endIndex === 'number' ? { endIndex } : {}),
      uri: textOf(url ?? document),
      title: textOf(title ?? file),
    });
  }
  return sourcesChunk({
    ...(citations.length === 0 ? {} : { citationMetadata: { citations } }),
    ...(groundingChunks.length === 0 ? {} : { groundingMetadata: { groundingChunks } }),
  });
}

function sourcesChunk(sources: Partial<Candidate>): GenerateContentResponse {
  return { candidates: [{ index: 0, ...sources }] };
}

function completedChunk(interaction: Fields): GenerateContentResponse {
  const status = textOf(interaction['status']);
  if (status === 'cancelled') throw new GeminiError('stopped', 'the interaction was cancelled');
  if (status === 'failed') {
    const [first] = Array.isArray(interaction['errors'])
      ? (interaction['errors'] as unknown[])
      : [interaction['error']];
    const error = googleRpcError({ error: isRecord(first) ? first : { message: 'the interaction failed' } });
    if (error !== undefined) throw error;
  }
  const finishReason = doneStatuses[status];
  const continuationToken = presentText(interaction['continuation_token']);
  return {
    candidates: [
      {
        index: 0,
        ...(finishReason === undefined ? {} : { finishReason }),
        ...(continuationToken === undefined ? {} : { continuationToken }),
      },
    ],
    ...(typeof interaction['id'] === 'string' ? { responseId: interaction['id'] } : {}),
    ...(typeof interaction['model'] === 'string' ? { modelVersion: interaction['model'] } : {}),
  };
}

/** Returns the running totals of an event, wherever it has them. */
function usageIn(event: Fields): UsageMetadata | undefined {
  const { metadata, usage, interaction } = event;
  if (metadata === undefined && usage === undefined && interaction === undefined) return undefined;
  const { total_usage: total, usage: inMetadata } = fieldsOf(metadata);
  const { usage: inInteraction, service_tier: tier } = fieldsOf(interaction);
  const found = usage ?? inInteraction ?? total ?? inMetadata;
  if (!isRecord(found)) return undefined;
  const serviceTier = presentText(tier);
  return { ...usageOf(found), ...(serviceTier === undefined ? {} : { serviceTier }) };
}

const totals: readonly (readonly [keyof UsageMetadata, string])[] = [
  ['promptTokenCount', 'total_input_tokens'],
  ['candidatesTokenCount', 'total_output_tokens'],
  ['thoughtsTokenCount', 'total_thought_tokens'],
  ['cachedContentTokenCount', 'total_cached_tokens'],
  ['toolUsePromptTokenCount', 'total_tool_use_tokens'],
  ['initialPromptTokenCount', 'initial_input_tokens'],
  ['totalTokenCount', 'total_tokens'],
];
const lists: readonly (readonly [keyof UsageMetadata, string])[] = [
  ['promptTokensDetails', 'input_tokens_by_modality'],
  ['candidatesTokensDetails', 'output_tokens_by_modality'],
  ['cacheTokensDetails', 'cached_tokens_by_modality'],
  ['toolUsePromptTokensDetails', 'tool_use_tokens_by_modality'],
];

function usageOf(usage: Fields): UsageMetadata {
  const converted: Fields = {};
  for (const [ours, theirs] of totals) if (typeof usage[theirs] === 'number') converted[ours] = usage[theirs];
  for (const [ours, theirs] of lists) {
    const details = listOf(usage[theirs]).map(fieldsOf);
    if (details.length === 0) continue;
    converted[ours] = details.map(({ modality, tokens }) => ({
      modality: textOf(modality).toUpperCase(),
      ...(typeof tokens === 'number' ? { tokenCount: tokens } : {}),
    }));
  }
  return converted;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function partChunk(part: Part): GenerateContentResponse {
  return { candidates: [{ index: 0, content: { role: 'model', parts: [part] } }] };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
