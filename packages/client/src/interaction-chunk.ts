import type { GenerateContentResponse, UsageMetadata } from './wire.ts';

type Fields = Record<string, unknown>;

const doneStatuses: Readonly<Record<string, string>> = {
  completed: 'STOP',
  requires_action: 'STOP',
  incomplete: 'MAX_TOKENS',
  budget_exceeded: 'MAX_TOKENS',
};

/**
 * Reads an event of the Interactions API as the chunk it corresponds to, so that an endpoint which answers in that form
 * streams too. `undefined` for a payload that is none of its events.
 */
export function interactionChunk(payload: object): GenerateContentResponse | undefined {
  const event = payload as Fields;
  const type = event['event_type'];
  if (typeof type !== 'string') return undefined;
  if (type === 'step.delta') return deltaChunk(fieldsOf(event['delta']));
  if (type === 'interaction.completed') return completedChunk(fieldsOf(event['interaction']));
  return {};
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

function partChunk(part: { text: string; thought?: boolean; thoughtSignature?: string }): GenerateContentResponse {
  return { candidates: [{ index: 0, content: { role: 'model', parts: [part] } }] };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
