import { isCutOff } from '../merge/function-calls.ts';
import { plainCopy } from '../plain-json.ts';
import type { Content, FunctionCall, GenerateContentResponse, Part } from '../wire.ts';

/**
 * The message of the first candidate as the API takes it back: every part as it came, signature and all, but for what
 * the API sends and does not take: absent fields written as `null`, parts with nothing in them, and calls without a
 * name or a whole end. `undefined` where nothing is left.
 */
export function answerContent({ candidates }: GenerateContentResponse): Content | undefined {
  const first = candidates?.find(({ index = 0 }) => index === 0);
  const { role, parts } = first?.content ?? {};
  const kept = (parts ?? []).filter(({ functionCall }) => !functionCall || isWhole(functionCall));
  const clean = kept.map(withoutNulls).filter(isFilled).flatMap(copied);
  return clean.length === 0 ? undefined : { role: role ?? 'model', parts: clean };
}

// What is nested deeper than any message cannot be sent either.
function copied(part: Part): Part[] {
  try {
    return [plainCopy(part, 'part')];
  } catch {
    return [];
  }
}

// A closing piece that nothing was open for has no name: it calls nothing.
function isWhole(call: FunctionCall): boolean {
  return Boolean(call.name) && !isCutOff(call);
}

// One level into a field, too: `functionCall: { id: null }`. Below that a null is a value.
function withoutNulls(part: Part): Part {
  return dropNulls(part, (field) =>
    typeof field === 'object' && !Array.isArray(field) ? dropNulls(field as Part, (value) => value) : field,
  );
}

function dropNulls(fields: Part, convert: (field: unknown) => unknown): Part {
  const named = Object.entries(fields).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(named.map(([name, field]) => [name, convert(field)]));
}

function isFilled(part: Part): boolean {
  return Object.keys(part).some((name) => name !== 'thought');
}
