import { isAbsent, isRecord, kindOf, problem, wrongField, wrongItem } from './guard-value.ts';
import { partProblem } from './part-guard.ts';
import type { GenerateContentResponse } from '../wire.ts';

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
    const wrong = wrongField(promptFeedback, 'blockReason', 'string');
    if (wrong !== undefined) return `promptFeedback${wrong}`;
  }
  if (isAbsent(candidates)) return undefined;
  if (!Array.isArray(candidates)) return problem('candidates', 'an array', candidates);
  const wrong = wrongItem(candidates, candidateProblem);
  return wrong === undefined ? undefined : `candidates${wrong}`;
}

function candidateProblem(candidate: unknown): string | undefined {
  if (!isRecord(candidate)) return problem('', 'an object', candidate);
  // Each by its own name: looking names up one after another costs more than all the rest of this.
  const { index, content, finishReason, continuationToken } = candidate;
  const { citationMetadata, groundingMetadata, urlContextMetadata, logprobsResult } = candidate;
  if (!isAbsent(index) && typeof index !== 'number') return problem('.index', 'a number', index);
  const wrong =
    wrongText('.finishReason', finishReason) ??
    wrongText('.continuationToken', continuationToken) ??
    wrongRecord('.citationMetadata', citationMetadata) ??
    wrongRecord('.groundingMetadata', groundingMetadata) ??
    wrongRecord('.urlContextMetadata', urlContextMetadata) ??
    wrongRecord('.logprobsResult', logprobsResult) ??
    wrongRecord('.content', content);
  if (wrong !== undefined || !isRecord(content)) return wrong;
  const { role, parts } = content;
  const wrongRole = wrongText('.content.role', role);
  if (wrongRole !== undefined || isAbsent(parts)) return wrongRole;
  if (!Array.isArray(parts)) return problem('.content.parts', 'an array', parts);
  const wrongPart = wrongItem(parts, partProblem);
  return wrongPart === undefined ? undefined : `.content.parts${wrongPart}`;
}

function wrongText(path: string, value: unknown): string | undefined {
  return isAbsent(value) || typeof value === 'string' ? undefined : problem(path, 'a string', value);
}

function wrongRecord(path: string, value: unknown): string | undefined {
  return isAbsent(value) || isRecord(value) ? undefined : problem(path, 'an object', value);
}
