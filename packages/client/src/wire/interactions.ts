import { GeminiError } from '../errors.ts';
import { isNestedDeeper, isRecord } from './guard.ts';
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
 * Reads an event of the Interactions API as the chunk it corresponds to, so that an endpoint which answers in that form
 * streams too. A function call comes when its step stops: then its arguments are whole. `length` is the payload's, in
 * characters.
 * @throws SyntaxError for arguments that are no JSON object
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

/** The function calls of an interaction whose arguments are still coming, as pieces of one JSON text each. */
export interface InteractionCalls {
  /** A `function_call` step begins. `length` is its payload's, in characters. */
  open(step: unknown, call: FunctionCall, length: number): void;
  /** More of its arguments. Nothing, for a step that is no call. */
  add(step: unknown, text: string): void;
  /**
   * The whole call, when its step stops; `undefined` for a step that is no call.
   * @throws SyntaxError for arguments that are no JSON object, or one that is nested too deep
   */
  close(step: unknown): FunctionCall | undefined;
}

interface OpenCall {
  readonly call: FunctionCall;
  /** What is held for it: the payload that opened it, and the text. */
  length: number;
  text: string;
}

/** A call is told when it is whole. The calls that wait may hold `maxLength` characters together. */
export function createInteractionCalls(maxLength: number, maxLevels: number): InteractionCalls {
  const calls = new Map<unknown, OpenCall>();
  let total = 0;
  const grow = (open: OpenCall, length: number): void => {
    open.length += length;
    total += length;
    if (total <= maxLength) return;
    const message = `the unfinished calls grew to ${total} bytes: maxResponseBytes is ${maxLength}`;
    throw new GeminiError('response-too-large', message, { limit: maxLength, received: total });
  };
  const forget = (step: unknown): OpenCall | undefined => {
    const open = calls.get(step);
    if (open === undefined) return undefined;
    calls.delete(step);
    total -= open.length;
    return open;
  };
  return {
    open(step, call, length) {
      forget(step);
      const open = { call, length: 0, text: '' };
      calls.set(step, open);
      grow(open, length);
    },
    add(step, text) {
      const open = calls.get(step);
      if (open === undefined) return;
      open.text += text;
      grow(open, text.length);
    },
    close(step) {
      const open = forget(step);
      if (open === undefined || open.text === '') return open?.call;
      const args: unknown = JSON.parse(open.text);
      if (!isRecord(args)) throw new SyntaxError('expected an object');
      if (isNestedDeeper(args, maxLevels)) throw new SyntaxError(`expected at most ${maxLevels} levels`);
      return { ...open.call, args };
    },
  };
}
