import { isAbsent, isRecord, problem, wrongField } from './guard-value.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a kind of part that must be texts where they are there. */
const textFields: Readonly<Record<string, readonly string[]>> = {
  inlineData: ['mimeType', 'data'],
  executableCode: ['language', 'code'],
  codeExecutionResult: ['outcome', 'output'],
  functionCall: ['id', 'name'],
};

/** What is wrong with a part, or `undefined`. Kinds that this version does not know pass. */
export function partProblem(part: unknown, path: () => string): string | undefined {
  if (!isRecord(part)) return problem(path(), 'an object', part);
  for (const name in part) {
    const value = part[name];
    if (name === 'text' || name === 'thoughtSignature') {
      if (!isAbsent(value) && typeof value !== 'string') return problem(`${path()}.${name}`, 'a string', value);
      continue;
    }
    const texts = textFields[name];
    if (texts === undefined || isAbsent(value)) continue;
    if (!isRecord(value)) return problem(`${path()}.${name}`, 'an object', value);
    for (const field of texts) {
      const wrong = wrongField(value, `${path()}.${name}`, field, 'string');
      if (wrong !== undefined) return wrong;
    }
    const wrong = name === 'functionCall' ? callProblem(value, `${path()}.${name}`) : undefined;
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function callProblem(call: Fields, path: string): string | undefined {
  const { partialArgs } = call;
  const wrongArgs = wrongField(call, path, 'args', 'object');
  if (wrongArgs !== undefined || isAbsent(partialArgs)) return wrongArgs;
  if (!Array.isArray(partialArgs)) return problem(`${path}.partialArgs`, 'an array', partialArgs);
  for (const [index, piece] of partialArgs.entries()) {
    const place = `${path}.partialArgs[${index}]`;
    if (!isRecord(piece)) return problem(place, 'an object', piece);
    const wrong = wrongField(piece, place, 'jsonPath', 'string') ?? wrongField(piece, place, 'stringValue', 'string');
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
