import type { GenerateContentRequest } from '../wire/request-types.ts';
import { isAbsent } from '../wire/absent.ts';
import type { Content, Part } from '../wire/types.ts';

/** Google's documented value for a call whose signature the caller does not have: the API then does not check it. */
const standInSignature = 'skip_thought_signature_validator';

/**
 * Signs the calls of the history that have no signature, for a model that demands one: Gemini 3 and later refuse a history
 * in which the first call of an answer has none. Such a history comes from another model, from another client, or from a
 * program that wrote it. Returns the same request if nothing is missing.
 */
export function signUnsignedCalls(request: GenerateContentRequest, model: string): GenerateContentRequest {
  if (!demandsSignatures(model)) return request;
  const { contents } = request;
  const signed = contents.map(signFirstCall);
  return signed.some((content, index) => content !== contents[index]) ? { ...request, contents: signed } : request;
}

/** Earlier models, other families and the names of tuned models and gateways say nothing about signatures. */
function demandsSignatures(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1);
  const version = /^gemini-(\d+)/.exec(name)?.[1];
  return version === undefined ? /^gemini-[a-z-]+-latest$/.test(name) : Number(version) >= 3;
}

function signFirstCall(content: Content): Content {
  if (content.role !== 'model') return content;
  const { parts = [] } = content;
  const place = parts.findIndex(({ functionCall }) => functionCall !== undefined);
  const first: Part | undefined = parts[place];
  if (first === undefined || !isAbsent(first.thoughtSignature)) return content;
  return { ...content, parts: parts.with(place, { ...first, thoughtSignature: standInSignature }) };
}
