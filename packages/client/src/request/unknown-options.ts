import { refuseUnknown } from '@gemini/http-streaming';

/** Fields of a request that people pass as options of a stream. */
const configFields: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
  'mediaResolution',
  'speechConfig',
  'imageConfig',
  'safetySettings',
  'cachedContent',
  'labels',
  'serviceTier',
]);

/**
 * Refuses options of a stream or a chat that do not exist.
 * @throws TypeError with a suggestion
 */
export function refuseUnknownOptions(options: object, names: readonly string[]): void {
  const field = Object.keys(options).find((name) => configFields.has(name));
  const place = names.includes('config') ? 'config' : 'generationConfig';
  if (field !== undefined) throw new TypeError(`${field}: unknown option, did you mean ${place}: { ${field} }?`);
  refuseUnknown('', options, names);
}
