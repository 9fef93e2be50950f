import { isAbsent, isRecord, kindOf, problem, wrongField } from './guard-value.ts';
import { partProblem } from './part-guard.ts';
import type { GenerateContentResponse } from './wire.ts';

type Fields = Readonly<Record<string, unknown>>;

const recordFields = ['citationMetadata', 'groundingMetadata', 'urlContextMetadata', 'logprobsResult'] as const;

/**
 * Looks at what the merge would trip over, and nothing else: unknown fields pass. By hand, because a schema library
 * costs most of a chunk's `JSON.parse` again. Returns what is wrong, or `undefined`.
 */
export function chunkProblem(chunk: unknown): string | undefined {
  if (!isRecord(chunk)) return `expected an object, got ${kindOf(chunk)}`;
  const { candidates, usageMetadata, promptFeedback } = chunk as Record<keyof GenerateContentResponse, unknown>;
  if (!isAbsent(usageMetadata) && !isRecord(usageMetadata)) return problem('usageMetadata', 'an object', usageMetadata);
  if (!isAbsent(promptFeedback)) {
    if (!isRecord(promptFeedback)) return problem('promptFeedback', 'an object', promptFeedback);
    const wrong = wrongField(promptFeedback, 'promptFeedback', 'blockReason', 'string');
    if (wrong !== undefined) return wrong;
  }
  if (isAbsent(candidates)) return undefined;
  if (!Array.isArray(candidates)) return problem('candidates', 'an array', candidates);
  for (let index = 0; index < candidates.length; index += 1) {
    const found = candidateProblem(candidates[index], index);
    if (found !== undefined) return found;
  }
  return undefined;
}

// Paths are put together only where something is wrong: this runs for every chunk.
function candidateProblem(candidate: unknown, at: number): string | undefined {
  const path = (): string => `candidates[${at}]`;
  if (!isRecord(candidate)) return problem(path(), 'an object', candidate);
  const { index, content, finishReason, continuationToken } = candidate;
  if (!isAbsent(index) && typeof index !== 'number') return problem(`${path()}.index`, 'a number', index);
  if (!isAbsent(finishReason) && typeof finishReason !== 'string') {
    return problem(`${path()}.finishReason`, 'a string', finishReason);
  }
  if (!isAbsent(continuationToken) && typeof continuationToken !== 'string') {
    return problem(`${path()}.continuationToken`, 'a string', continuationToken);
  }
  for (const name of recordFields) {
    const value = candidate[name];
    if (!isAbsent(value) && !isRecord(value)) return problem(`${path()}.${name}`, 'an object', value);
  }
  if (isAbsent(content)) return undefined;
  if (!isRecord(content)) return problem(`${path()}.content`, 'an object', content);
  return contentProblem(content, path);
}

function contentProblem({ role, parts }: Fields, path: () => string): string | undefined {
  if (!isAbsent(role) && typeof role !== 'string') return problem(`${path()}.content.role`, 'a string', role);
  if (isAbsent(parts)) return undefined;
  if (!Array.isArray(parts)) return problem(`${path()}.content.parts`, 'an array', parts);
  for (let index = 0; index < parts.length; index += 1) {
    const found = partProblem(parts[index], () => `${path()}.content.parts[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}
