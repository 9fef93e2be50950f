import type { InteractionContent, InteractionInput, InteractionStep } from '@gemini/client';
import { type Message, base64Size, fileOf } from './generate-content-messages.ts';

/** Returns the messages of an interaction's input: a text, contents, or steps. */
export function inputMessages(input: InteractionInput = []): Message[] {
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', content: input }] }];
  const items: readonly (InteractionContent | InteractionStep)[] = Array.isArray(input) ? input : [input];
  const messages: { role: string; parts: object[] }[] = [];
  // Items of one side that follow each other are one message.
  for (const item of items) {
    const { role, parts } = messageOf(item);
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else messages.push({ role, parts: [...parts] });
  }
  return messages;
}

function messageOf(item: InteractionContent | InteractionStep): Message {
  const { type, summary, content } = item as InteractionStep;
  switch (type) {
    case 'user_input':
      return { role: 'user', parts: (content ?? []).map(contentPart) };
    case 'model_output':
      return { role: 'assistant', parts: (content ?? []).map(contentPart) };
    case 'thought':
      return {
        role: 'assistant',
        parts: (summary ?? []).map(({ text = '' }) => ({ type: 'reasoning', content: text })),
      };
    case 'function_call': {
      const { id, name, arguments: args } = item as InteractionStep;
      return { role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: args }] };
    }
    case 'function_result':
      return { role: 'tool', parts: [contentPart(item)] };
    default:
      // Steps of tools that the server runs are named `…_call` and `…_result`.
      return {
        role: /_(?:call|result)$/.test(type) ? 'assistant' : 'user',
        parts: [contentPart(item)],
      };
  }
}

function contentPart({ type, text, data, uri, mime_type, call_id, name, result }: InteractionContent): object {
  if (type === 'text') return { type: 'text', content: text };
  if (type === 'function_result') return { type: 'tool_call_response', id: call_id, name, response: result };
  if (data !== undefined) return fileOf('blob', mime_type, { size: base64Size(data) });
  if (uri !== undefined) return fileOf('uri', mime_type, { uri });
  return { type };
}
