import { GeminiError } from '../errors.ts';
import { isNestedDeeper, isRecord, maxLevels } from './guard.ts';
import type { FunctionCall, GenerateContentResponse, Part, UsageMetadata } from './types.ts';

type Fields = Record<string, unknown>;

const doneStatuses: Readonly<Record<string, string>> = {
  completed: 'STOP',
  requires_action: 'STOP',
  incomplete: 'MAX_TOKENS',
  budget_exceeded: 'MAX_TOKENS',
};

/** Whether a payload is an event of the Interactions API. */
export function isInteractionEvent(payload: object): boolean {
  return typeof (payload as Fields)['event_type'] === 'string';
}

/**
 * Converts an event of the Interactions API to a response chunk, so that an endpoint which answers in that form streams
 * too. A function call comes when its step stops, with all its arguments. `length` is the payload's, in characters.
 * @throws SyntaxError for arguments that are not a JSON object
 */
export function interactionChunk(payload: object, length: number, calls: InteractionCalls): GenerateContentResponse {
  const event = payload as Fields;
  const { index: step } = event;
  switch (event['event_type']) {
    case 'step.start': {
      const { type, id, name, arguments: args } = fieldsOf(event['step']);
      if (type === 'function_call') {
        const call = { ...(typeof id === 'string' ? { id } : {}), name: textOf(name), args: fieldsOf(args) };
        calls.open(step, call, length);
      }
      return {};
    }
    case 'step.delta': {
      const delta = fieldsOf(event['delta']);
      if (delta['type'] === 'arguments_delta') calls.add(step, textOf(delta['arguments']));
      return deltaChunk(delta);
    }
    case 'step.stop': {
      const functionCall = calls.close(step);
      return functionCall === undefined ? {} : partChunk({ functionCall });
    }
    case 'interaction.completed':
      return completedChunk(fieldsOf(event['interaction']));
    default:
      return {};
  }
}

function deltaChunk(delta: Fields): GenerateContentResponse {
  if (delta['type'] === 'text') return partChunk({ text: textOf(delta['text']) });
  if (delta['type'] === 'thought_summary') {
    return partChunk({ text: textOf(fieldsOf(delta['content'])['text']), thought: true });
  }
  if (delta['type'] === 'thought_signature') {
    return partChunk({ text: '', thought: true, thoughtSignature: textOf(delta['signature']) });
  }
  return {};
}

function completedChunk(interaction: Fields): GenerateContentResponse {
  const finishReason = doneStatuses[textOf(interaction['status'])];
  const usage = fieldsOf(interaction['usage']);
  return {
    candidates: [{ index: 0, ...(finishReason === undefined ? {} : { finishReason }) }],
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
  open(step: unknown, call: FunctionCall, length: number): void {
    this.#remove(step);
    const open = { call, length: 0, text: '' };
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
   * Returns the whole call when its step stops; `undefined` for a step that is not a call.
   * @throws SyntaxError for arguments that are not a JSON object, or one that is nested too deep
   */
  close(step: unknown): FunctionCall | undefined {
    const open = this.#remove(step);
    if (open === undefined || open.text === '') return open?.call;
    const args: unknown = JSON.parse(open.text);
    if (!isRecord(args)) throw new SyntaxError('expected an object');
    if (isNestedDeeper(args, maxArgsLevels)) throw new SyntaxError(`expected at most ${maxArgsLevels} levels`);
    return { ...open.call, args };
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
