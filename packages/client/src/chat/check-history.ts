import { kindOf } from '../chunks/guard-value.ts';
import { isPlainlyRight } from '../request/check-request.ts';
import { describeIssue } from '../request/describe-issue.ts';
import { requestSchema } from '../request/request-schema.ts';
import type { Content } from '../wire.ts';
import { plainCopy } from '../plain-json.ts';
import { turnsOf } from './turns.ts';

/**
 * A copy of the messages of an earlier conversation, in which nothing can be changed from outside. A turn to which
 * the model answered with nothing is left out: `@google/genai` records one as a message without parts, which the API
 * does not take back.
 * @throws TypeError that names the field which cannot be meant
 */
export function checkHistory(history: readonly Content[]): Content[] {
  if (!Array.isArray(history)) {
    throw new TypeError(`history: expected an array of contents, got ${kindOf(history)}`);
  }
  const contents = plainCopy(history as Content[], 'history');
  for (const [index, content] of contents.entries()) checkRole(content, index);
  const answered = turnsOf(contents).filter((turn) => !turn.some(isEmptyAnswer));
  checkShape(answered.flat());
  return answered.flat();
}

function checkRole(content: Content | null, index: number): void {
  const role: unknown = content?.role;
  if (role === 'user' || role === 'model') return;
  // A word that other APIs use tells more than its kind; a longer text may be somebody's.
  const got = typeof role === 'string' && /^\w{1,20}$/.test(role) ? `'${role}'` : kindOf(role);
  throw new TypeError(`history[${index}].role: expected 'user' or 'model', got ${got}`);
}

function isEmptyAnswer({ role, parts }: Content): boolean {
  return role === 'model' && (parts === undefined || (Array.isArray(parts) && parts.length === 0));
}

function checkShape(contents: readonly Content[]): void {
  if (contents.length === 0 || isPlainlyRight({ contents })) return;
  const result = requestSchema().safeParse({ contents });
  if (result.success) return;
  const issues = result.error.issues.map((issue) => ({ ...issue, path: ['history', ...issue.path.slice(1)] }));
  throw new TypeError(describeIssue(issues, { history: contents }));
}
