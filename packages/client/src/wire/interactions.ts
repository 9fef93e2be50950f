import { GeminiError } from '../errors.ts';
import { googleRpcError } from './google-error.ts';
import { presentText } from './absent.ts';
import { isNestedDeeper, isRecord, maxLevels } from './guard.ts';
import type { FunctionCall, GenerateContentResponse, Part, UsageMetadata } from './types.ts';

type Fields = Record<string, unknown>;

const doneStatuses: Readonly<Record<string, string>> = {
  completed: 'STOP',
  requires_action: 'STOP',
  incomplete: 'MAX_TOKENS',
  budget_exceeded: 'MAX_TOKENS',
  requires_continuation: 'CONTINUATION',
};

/** Events that begin or describe an interaction, and bring no content. */
const silentEvents: ReadonlySet<string> = new Set([
  'interaction.created',
  'interaction.status_update',
  'interaction.in_progress',
  'interaction.requires_action',
]);

/** Whether a payload is an event of the Interactions API. */
export function isInteractionEvent(payload: object): boolean {
  return typeof (payload as Fields)['event_type'] === 'string';
}

/**
 * Converts an event of the Interactions API to a response chunk, so that an endpoint which answers in that form streams
 * too. A function call comes when its step stops, with all its arguments. `length` is the payload's, in characters. Returns
 * `undefined` for an event, a step or a delta that this version does not know.
 * @throws SyntaxError for arguments that are not a JSON object
 * @throws GeminiError `api-error` for an interaction that failed, `stopped` for one that was cancelled
 */
export function interactionChunk(
  payload: object,
  length: number,
  calls: InteractionCalls,
): GenerateContentResponse | undefined {
  const event = payload as Fields;
  const { index: step } = event;
  switch (event['event_type']) {
    case 'step.start': {
      const { type, id, name, arguments: args, signature, content, summary } = fieldsOf(event['step']);
      if (type === 'function_call') {
        const call = {
          ...(presentText(id) === undefined ? {} : { id: textOf(id) }),
          name: textOf(name),
          args: fieldsOf(args),
        };
        calls.open(step, call, length, presentText(signature));
        return {};
      }
      // A step may begin with content, and the deltas continue it.
      if (type === 'model_output') return contentChunk(content, false);
      if (type === 'thought') return contentChunk(summary, true);
      return type === 'user_input' ? {} : undefined;
    }
    case 'step.delta': {
      const delta = fieldsOf(event['delta']);
      if (delta['type'] === 'arguments_delta') calls.add(step, textOf(delta['arguments']));
      return deltaChunk(delta);
    }
    case 'step.stop': {
      const part = calls.close(step);
      return part === undefined ? {} : partChunk(part);
    }
    case 'interaction.completed':
      return completedChunk(fieldsOf(event['interaction']));
    default:
      return silentEvents.has(textOf(event['event_type'])) ? {} : undefined;
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
  if (type === 'arguments_delta') return {};
  if (type === 'thought_summary') return contentChunk([delta['content']], true);
  if (type === 'thought_signature') {
    const thoughtSignature = presentText(delta['signature']);
    return thoughtSignature === undefined ? {} : partChunk({ text: '', thought: true, thoughtSignature });
  }
  const part = partOf(delta);
  return part && partChunk(part);
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
  const usage = fieldsOf(interaction['usage']);
  return {
    candidates: [
      {
        index: 0,
        ...(finishReason === undefined ? {} : { finishReason }),
        ...(continuationToken === undefined ? {} : { continuationToken }),
      },
    ],
    ...(interaction['usage'] === undefined ? {} : { usageMetadata: usageOf(usage) }),
    ...(typeof interaction['id'] === 'string' ? { responseId: interaction['id'] } : {}),
    ...(typeof interaction['model'] === 'string' ? { modelVersion: interaction['model'] } : {}),
  };
}

function usageOf(usage: Fields): UsageMetadata {
  const names: readonly (readonly [keyof UsageMetadata, string])[] = [
    ['promptTokenCount', 'total_input_tokens'],
    ['candidatesTokenCount', 'total_output_tokens'],
    ['thoughtsTokenCount', 'total_thought_tokens'],
    ['cachedContentTokenCount', 'total_cached_tokens'],
    ['toolUsePromptTokenCount', 'total_tool_use_tokens'],
    ['totalTokenCount', 'total_tokens'],
  ];
  return Object.fromEntries(
    names.flatMap(([ours, theirs]) => (typeof usage[theirs] === 'number' ? [[ours, usage[theirs]]] : [])),
  );
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

/** The arguments of a call are on the eighth level of a chunk. */
const maxArgsLevels = maxLevels - 7;

interface OpenCall {
  readonly call: FunctionCall;
  readonly signature: string | undefined;
  /** The length of the payload that opened it, and of the text so far. */
  length: number;
  text: string;
}

/**
 * The function calls of an interaction whose arguments are still coming, as pieces of one JSON text each. Together they
 * may hold `maxLength` characters.
 */
export class InteractionCalls {
  readonly #maxLength: number;
  readonly #calls = new Map<unknown, OpenCall>();
  #total = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** A `function_call` step begins. `length` is its payload's, in characters. */
  open(step: unknown, call: FunctionCall, length: number, signature?: string): void {
    this.#remove(step);
    const open = { call, signature, length: 0, text: '' };
    this.#calls.set(step, open);
    this.#grow(open, length);
  }

  /** Adds a piece of a call's arguments. Ignores a step that is not a call. */
  add(step: unknown, text: string): void {
    const open = this.#calls.get(step);
    if (open === undefined) return;
    open.text += text;
    this.#grow(open, text.length);
  }

  /**
   * Returns the part of the whole call when its step stops; `undefined` for a step that is not a call.
   * @throws SyntaxError for arguments that are not a JSON object, or one that is nested too deep
   */
  close(step: unknown): Part | undefined {
    const open = this.#remove(step);
    if (open === undefined) return undefined;
    const signed = open.signature === undefined ? {} : { thoughtSignature: open.signature };
    if (open.text === '') return { functionCall: open.call, ...signed };
    const args: unknown = JSON.parse(open.text);
    if (!isRecord(args)) throw new SyntaxError('expected an object');
    if (isNestedDeeper(args, maxArgsLevels)) throw new SyntaxError(`expected at most ${maxArgsLevels} levels`);
    return { functionCall: { ...open.call, args }, ...signed };
  }

  #grow(open: OpenCall, length: number): void {
    open.length += length;
    this.#total += length;
    const [limit, received] = [this.#maxLength, this.#total];
    if (received <= limit) return;
    const message = `the unfinished calls grew to ${received} bytes: maxResponseBytes is ${limit}`;
    throw new GeminiError('response-too-large', message, { limit, received });
  }

  #remove(step: unknown): OpenCall | undefined {
    const open = this.#calls.get(step);
    if (open === undefined) return undefined;
    this.#calls.delete(step);
    this.#total -= open.length;
    return open;
  }
}
