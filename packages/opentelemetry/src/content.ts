import type { StreamTraceContext } from '@gemini/client';
import type { Attributes } from '@opentelemetry/api';
import { partOf, messagesOf } from './generate-content-messages.ts';
import { inputMessages } from './interaction-messages.ts';
import { attribute } from './names.ts';

/** Returns the prompt and the answer of a stream, as JSON texts in the form of the conventions. */
export function contentAttributes({ request, response }: StreamTraceContext): Attributes {
  const attributes: Attributes = {};
  if (request !== undefined) {
    const isContent = 'contents' in request;
    const messages = isContent ? messagesOf(request.contents) : inputMessages(request.input);
    attributes[attribute.inputMessages] = jsonText(messages);
    const system = isContent ? request.systemInstruction : request.system_instruction;
    if (system !== undefined) {
      const parts = typeof system === 'string' ? [{ text: system }] : (system.parts ?? []);
      attributes[attribute.systemInstructions] = jsonText(parts.map(partOf));
    }
    if (request.tools !== undefined)
      attributes[attribute.toolDefinitions] = jsonText(request.tools.flatMap(definitionsOf));
  }
  const { candidates } = response ?? {};
  if (candidates !== undefined) {
    const answers = candidates.map(({ content, finishReason = 'FINISH_REASON_UNSPECIFIED' }) => ({
      role: 'assistant',
      parts: (content?.parts ?? []).map(partOf),
      finish_reason: finishReason,
    }));
    attributes[attribute.outputMessages] = jsonText(answers);
  }
  return attributes;
}

/** Returns a value as JSON text; the reason in words if it is not JSON. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    return JSON.stringify(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the functions of an entry of `tools`, and a tool of the server by its name. */
function definitionsOf(tool: object): object[] {
  const { functionDeclarations } = tool as { readonly functionDeclarations?: readonly object[] };
  if (functionDeclarations !== undefined) {
    return functionDeclarations.map((declaration) => {
      const { name, description, parametersJsonSchema, parameters } = declaration as Record<string, unknown>;
      return { type: 'function', name, description, parameters: parametersJsonSchema ?? parameters };
    });
  }
  // A tool of an interaction names its type itself. Its other fields may hold addresses and headers with secrets.
  const { type, name, description, parameters } = tool as Record<string, unknown>;
  if (type === 'function') return [{ type, name, description, parameters }];
  return (type === undefined ? Object.keys(tool) : [type]).map((kind) => ({ type: kind, name: name ?? kind }));
}
