import { isRecord } from '../wire/guard.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import { type Prompt, contentsOf } from './prompt.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns a request body in the form that the API takes: `null` fields of other SDKs are left out, one object stands for a
 * list of one, a system instruction may be a text, and lone surrogates in texts are replaced. Invalid values stay as they
 * are, for the check to name.
 */
export function tidyRequest(body: Fields): GenerateContentRequest {
  const tidy: Record<string, unknown> = withoutNulls(body);
  const { contents, systemInstruction, generationConfig } = tidy;
  for (const name of ['tools', 'safetySettings']) if (isRecord(tidy[name])) tidy[name] = [tidy[name]];
  if (Array.isArray(contents)) tidy['contents'] = contents.map(tidyContent);
  if (systemInstruction !== undefined) tidy['systemInstruction'] = tidyContent(systemContent(systemInstruction));
  if (isRecord(generationConfig)) {
    const config: Record<string, unknown> = withoutNulls(generationConfig);
    if (typeof config['stopSequences'] === 'string') config['stopSequences'] = [config['stopSequences']];
    tidy['generationConfig'] = config;
  }
  return tidy as unknown as GenerateContentRequest;
}

function systemContent(instruction: unknown): unknown {
  if (typeof instruction !== 'string' && !Array.isArray(instruction)) return instruction;
  const [content, ...more] = contentsOf(instruction as Prompt, 'systemInstruction');
  if (more.length > 0) throw new TypeError(`systemInstruction: expected one message, got ${more.length + 1}`);
  return content;
}

function tidyContent(content: unknown): unknown {
  if (!isRecord(content)) return content;
  const tidy: Record<string, unknown> = withoutNulls(content);
  if (isRecord(tidy['parts'])) tidy['parts'] = [tidy['parts']];
  if (Array.isArray(tidy['parts'])) tidy['parts'] = tidy['parts'].map(tidyPart);
  return tidy;
}

function tidyPart(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const tidy: Record<string, unknown> = withoutNulls(part);
  const { text, functionCall, functionResponse } = tidy;
  if (typeof text === 'string' && !text.isWellFormed()) tidy['text'] = text.toWellFormed();
  if (isRecord(functionCall)) tidy['functionCall'] = withoutNulls(functionCall);
  if (isRecord(functionResponse)) tidy['functionResponse'] = tidyResponse(withoutNulls(functionResponse));
  return tidy;
}

function tidyResponse(functionResponse: Fields): Fields {
  const { response } = functionResponse;
  const tidy = tidyResult(response, 0);
  return tidy === response ? functionResponse : { ...functionResponse, response: tidy };
}

/** No result is nested deeper: past it, the check refuses the request. */
const maxDepth = 1_000;

/**
 * Replaces lone surrogates in a result, and renames `$ref` to `$$ref`: in a result the API takes that field for a reference
 * to a file, and refuses the request. Returns the same value if nothing changed.
 */
function tidyResult(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null || depth > maxDepth) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => tidyResult(item, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const fields = Object.entries(value);
  const tidy = fields.map(([name, field]) => [name === '$ref' ? '$$ref' : name, tidyResult(field, depth + 1)] as const);
  const isSame = fields.every(([name, field], index) => tidy[index]?.[0] === name && tidy[index]?.[1] === field);
  return isSame ? value : Object.fromEntries(tidy);
}

function withoutNulls(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
