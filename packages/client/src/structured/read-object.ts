import { GeminiError, type GeminiErrorFacts } from '../errors/errors.ts';
import type { StreamOutcome } from '../stream/outcome.ts';
import { createJsonBuilder } from './json-builder.ts';
import type { ObjectIssue } from './object-schema.ts';
import type { ReadSchema } from './read-schema.ts';

/**
 * The object that an answer holds.
 * @throws GeminiError the outcome's own, where it has one; `blocked`; `incomplete-object` where the text ended before
 * the object did, with the finish reason in `reason`; `invalid-object` for what is no JSON or does not fit the schema
 */
export async function readObject(outcome: StreamOutcome, schema: ReadSchema): Promise<unknown> {
  const { error, status, text, response, finishReason } = outcome;
  if (error !== undefined) throw error;
  if (status === 'blocked') {
    const reason = outcome.blockReason ?? finishReason;
    throw new GeminiError('blocked', `there is no object: the answer was refused (${reason})`, {
      reason,
      text,
      partial: response,
    });
  }
  const facts = { text, partial: response };
  const builder = createJsonBuilder();
  builder.push(text);
  const end = builder.end();
  if (end.status === 'incomplete') {
    const message = `the answer ended before its object did (${finishReason}, ${text.length} characters)`;
    throw new GeminiError('incomplete-object', message, { ...facts, reason: finishReason });
  }
  if (end.status === 'invalid') {
    throw invalidObject([{ path: [], message: `no JSON from character ${end.offset} on` }], facts);
  }
  const result = await schema.validate(end.value);
  if ('issues' in result) throw invalidObject(result.issues, facts);
  return result.value;
}

/** The most issues that a message tells; all are in `issues`. */
const maxIssuesTold = 3;

function invalidObject(issues: readonly ObjectIssue[], facts: GeminiErrorFacts): GeminiError {
  const places = issues.slice(0, maxIssuesTold).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  if (issues.length > maxIssuesTold) places.push(`and ${issues.length - maxIssuesTold} more`);
  const message = `the answer does not fit the schema: ${places.join('; ')}`;
  return new GeminiError('invalid-object', message, { ...facts, issues });
}
