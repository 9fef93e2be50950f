import { isMissing } from '../wire/absent.ts';
import { isRecord } from '../wire/guard.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import { type Prompt, contentsOf } from './prompt.ts';
import { tidyResponse } from './tidy-result.ts';

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

function withoutNulls(fields: Fields): Record<string, unknown> {
  for (const name in fields) {
    if (isMissing(fields[name]))
      return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isMissing(value)));
  }
  return { ...fields };
}
