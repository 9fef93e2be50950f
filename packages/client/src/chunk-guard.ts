import type { GenerateContentResponse } from './wire.ts';

/**
 * Looks at what the merge would trip over, and nothing else: unknown fields pass. By hand, because a schema library
 * costs most of a chunk's `JSON.parse` again. Returns what is wrong, or `undefined`.
 */
export function chunkProblem(chunk: unknown): string | undefined {
  if (!isRecord(chunk)) return `expected an object, got ${kindOf(chunk)}`;
  const { candidates, usageMetadata, promptFeedback } = chunk as Record<keyof GenerateContentResponse, unknown>;
  if (!isAbsent(usageMetadata) && !isRecord(usageMetadata)) return problem('usageMetadata', 'an object', usageMetadata);
  if (!isAbsent(promptFeedback) && !isRecord(promptFeedback)) {
    return problem('promptFeedback', 'an object', promptFeedback);
  }
  if (isAbsent(candidates)) return undefined;
  if (!Array.isArray(candidates)) return problem('candidates', 'an array', candidates);
  for (const [index, candidate] of candidates.entries()) {
    const found = candidateProblem(candidate, `candidates[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function candidateProblem(candidate: unknown, path: string): string | undefined {
  if (!isRecord(candidate)) return problem(path, 'an object', candidate);
  const { index, content, finishReason } = candidate;
  if (!isAbsent(index) && typeof index !== 'number') return problem(`${path}.index`, 'a number', index);
  if (!isAbsent(finishReason) && typeof finishReason !== 'string') {
    return problem(`${path}.finishReason`, 'a string', finishReason);
  }
  if (isAbsent(content)) return undefined;
  if (!isRecord(content)) return problem(`${path}.content`, 'an object', content);
  const { parts } = content;
  if (isAbsent(parts)) return undefined;
  if (!Array.isArray(parts)) return problem(`${path}.content.parts`, 'an array', parts);
  for (const [partIndex, part] of parts.entries()) {
    const partPath = `${path}.content.parts[${partIndex}]`;
    if (!isRecord(part)) return problem(partPath, 'an object', part);
    const { text } = part;
    if (!isAbsent(text) && typeof text !== 'string') return problem(`${partPath}.text`, 'a string', text);
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function problem(path: string, expected: string, got: unknown): string {
  return `${path}: expected ${expected}, got ${kindOf(got)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
