import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import type { Content, GenerateRequest, GenerationConfig } from '../wire/request.ts';
import type { Part } from '../wire/response.ts';
import type { InteractionRequest, Step } from './interaction-request.ts';

/**
 * Converts an interaction to a request of `generateContent`, so that the same prompt gets the same answer on both APIs.
 * `steps` are those of the whole conversation, the input last.
 */
export function toGenerateRequest(steps: readonly Step[], request: InteractionRequest): GenerateRequest {
  const { systemInstruction, tools } = request;
  return {
    contents: contentsOf(steps),
    ...(systemInstruction === undefined ? {} : { systemInstruction: { parts: [{ text: systemInstruction }] } }),
    ...(tools.length === 0 ? {} : { tools: toolsOf(tools) }),
    toolConfig: { functionCallingConfig: callingConfig(request.generationConfig['tool_choice']) },
    generationConfig: configOf(request),
  };
}

function contentsOf(steps: readonly Step[]): readonly Content[] {
  const names = new Map<string, string>();
  const contents: Content[] = [];
  for (const step of steps) {
    if (step['type'] === 'function_call') names.set(textOr(step['id'], ''), textOr(step['name'], ''));
    const role = step['type'] === 'user_input' || step['type'] === 'function_result' ? 'user' : 'model';
    const parts = partsOf(step, names);
    if (parts.length === 0) continue;
    const last = contents.at(-1);
    if (last?.role === role) contents[contents.length - 1] = { role, parts: [...(last.parts ?? []), ...parts] };
    else contents.push({ role, parts });
  }
  return contents;
}

function partsOf(step: Step, names: ReadonlyMap<string, string>): readonly Part[] {
  switch (step['type']) {
    case 'user_input':
    case 'model_output':
      return listOf(step['content']).flatMap((content) => contentPart(content, names));
    case 'function_call':
      return [{ functionCall: { id: step['id'], name: step['name'], args: step['arguments'] ?? {} } }];
    case 'function_result':
      return [resultPart(step, names)];
    default:
      // Thoughts and the steps of the server's own tools are not part of the prompt.
      return [];
  }
}

function contentPart(content: JsonObject, names: ReadonlyMap<string, string>): readonly Part[] {
  const { type, text, data, uri, mime_type: mimeType } = content;
  if (type === 'text') return [{ text: textOr(text, '') }];
  if (type === 'function_result') return [resultPart(content, names)];
  return data === undefined ? [{ fileData: { fileUri: uri, mimeType } }] : [{ inlineData: { data, mimeType } }];
}

function resultPart({ call_id: id, name, result }: JsonObject, names: ReadonlyMap<string, string>): Part {
  const response = isJsonObject(result) ? result : { output: result };
  return { functionResponse: { id, name: name ?? names.get(textOr(id, '')), response } };
}

const serverTools: Readonly<Record<string, string>> = {
  google_search: 'googleSearch',
  google_maps: 'googleMaps',
  url_context: 'urlContext',
  code_execution: 'codeExecution',
};

function toolsOf(tools: readonly JsonObject[]): readonly JsonObject[] {
  const functionDeclarations = tools
    .filter(({ type }) => type === 'function')
    .map(({ name, description, parameters }) => ({ name, description, parametersJsonSchema: parameters }));
  const others = tools.flatMap(({ type }) => {
    const name = serverTools[textOr(type, '')];
    return name === undefined ? [] : [{ [name]: {} }];
  });
  return functionDeclarations.length === 0 ? others : [{ functionDeclarations }, ...others];
}

function callingConfig(choice: JsonValue | undefined): JsonObject {
  if (typeof choice === 'string') return { mode: choice.toUpperCase() };
  const allowed = isJsonObject(choice) && isJsonObject(choice['allowed_tools']) ? choice['allowed_tools'] : {};
  const names = Array.isArray(allowed['tools']) ? (allowed['tools'] as readonly JsonValue[]) : [];
  return {
    mode: textOr(allowed['mode'], 'auto').toUpperCase(),
    allowedFunctionNames: names.map((tool) => (isJsonObject(tool) ? (tool['name'] ?? null) : tool)),
  };
}

function configOf({ generationConfig: config, responseFormats }: InteractionRequest): GenerationConfig {
  const json = responseFormats.find(({ type, mime_type: mime }) => type === 'text' && mime === 'application/json');
  const isImage = responseFormats.some(({ type }) => type === 'image');
  return {
    ...numberField('maxOutputTokens', config['max_output_tokens']),
    ...numberField('temperature', config['temperature']),
    ...numberField('topP', config['top_p']),
    ...numberField('seed', config['seed']),
    ...(Array.isArray(config['stop_sequences'])
      ? { stopSequences: (config['stop_sequences'] as readonly JsonValue[]).map(String) }
      : {}),
    ...(json === undefined ? {} : { responseMimeType: 'application/json', ...schemaField(json['schema']) }),
    ...(isImage ? { responseModalities: ['IMAGE'] } : {}),
    thinkingConfig: { includeThoughts: config['thinking_summaries'] === 'auto' },
  };
}

function numberField(name: string, value: JsonValue | undefined): Record<string, number> {
  return typeof value === 'number' ? { [name]: value } : {};
}

function schemaField(schema: JsonValue | undefined): { responseJsonSchema?: JsonObject } {
  return isJsonObject(schema) ? { responseJsonSchema: schema } : {};
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? (value as readonly JsonValue[]) : []).filter(isJsonObject);
}
