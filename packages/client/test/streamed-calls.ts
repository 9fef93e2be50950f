import type { PartialArg, Part } from '@gemini/client';

/** Returns the places where a string argument of this length is split. */
export type CutText = (length: number) => readonly number[];

/** A call as a server streams it: opened by its name, its arguments one value after another, closed by an empty call. */
export function streamedCallParts(
  name: string,
  args: Record<string, unknown>,
  cutText: CutText = () => [],
): readonly Part[] {
  return [
    { functionCall: { name, willContinue: true } },
    ...pieces(args, '$', cutText).map((piece) => ({ functionCall: { partialArgs: [piece], willContinue: true } })),
    { functionCall: {} },
  ];
}

function pieces(value: unknown, jsonPath: string, cutText: CutText): PartialArg[] {
  if (typeof value === 'string') {
    const cuts = [...cutText(value.length)].toSorted((left, right) => left - right);
    const starts = [0, ...cuts];
    return [
      ...starts.map((start, index) => ({
        jsonPath,
        stringValue: value.slice(start, starts[index + 1]),
        willContinue: true,
      })),
      { jsonPath, stringValue: '' },
    ];
  }
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath, boolValue: value }];
  if (value === null) return [{ jsonPath, nullValue: 'NULL_VALUE' }];
  if (Array.isArray(value)) return value.flatMap((item, index) => pieces(item, `${jsonPath}[${index}]`, cutText));
  return Object.entries(value as object).flatMap(([name, item]) =>
    pieces(item, `${jsonPath}[${quoted(name)}]`, cutText),
  );
}

function quoted(name: string): string {
  return `'${name.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
