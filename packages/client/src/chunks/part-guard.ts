import { isAbsent, isRecord, problem, wrongField, wrongItem } from './guard-value.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a kind of part that must be texts where they are there. */
const textFields: Readonly<Record<string, readonly string[]>> = {
  inlineData: ['mimeType', 'data'],
  executableCode: ['language', 'code'],
  codeExecutionResult: ['outcome', 'output'],
  functionCall: ['id', 'name'],
};

/** What is wrong with a part, or `undefined`. Kinds that this version does not know pass. */
export function partProblem(part: unknown): string | undefined {
  if (!isRecord(part)) return problem('', 'an object', part);
  for (const name in part) {
    const value = part[name];
    if (name === 'text' || name === 'thoughtSignature') {
      if (!isAbsent(value) && typeof value !== 'string') return problem(`.${name}`, 'a string', value);
      continue;
    }
    const texts = textFields[name];
    if (texts === undefined || isAbsent(value)) continue;
    if (!isRecord(value)) return problem(`.${name}`, 'an object', value);
    for (const field of texts) {
      const wrong = wrongField(value, field, 'string');
      if (wrong !== undefined) return `.${name}${wrong}`;
    }
    const wrong = name === 'functionCall' ? callProblem(value) : undefined;
    if (wrong !== undefined) return `.${name}${wrong}`;
  }
  return undefined;
}

function callProblem(call: Fields): string | undefined {
  const { partialArgs } = call;
  const wrongArgs = wrongField(call, 'args', 'object');
  if (wrongArgs !== undefined || isAbsent(partialArgs)) return wrongArgs;
  if (!Array.isArray(partialArgs)) return problem('.partialArgs', 'an array', partialArgs);
  const wrong = wrongItem(partialArgs, pieceProblem);
  return wrong === undefined ? undefined : `.partialArgs${wrong}`;
}

function pieceProblem(piece: unknown): string | undefined {
  if (!isRecord(piece)) return problem('', 'an object', piece);
  return wrongField(piece, 'jsonPath', 'string') ?? wrongField(piece, 'stringValue', 'string');
}
