const question =
  /(-?\d{1,9}(?:\.\d{1,6})?)\s*(\+|-|\*|×|x|\/|÷|plus|minus|times|divided by)\s*(-?\d{1,9}(?:\.\d{1,6})?)(?:\s*=)?\s*[?.!]*$/iu;

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  plus: (left, right) => left + right,
  '-': (left, right) => left - right,
  minus: (left, right) => left - right,
  '*': (left, right) => left * right,
  '×': (left, right) => left * right,
  x: (left, right) => left * right,
  times: (left, right) => left * right,
  '/': (left, right) => left / right,
  '÷': (left, right) => left / right,
  'divided by': (left, right) => left / right,
};

/** The answer to a sum of two numbers ("What is 17 * 3?"), `undefined` when the prompt is none. */
export function calculate(prompt: string): string | undefined {
  const match = question.exec(prompt);
  if (match === null) return undefined;
  const [, left, sign, right] = match;
  const result = operations[(sign ?? '').toLowerCase()]?.(Number(left), Number(right));
  if (result === undefined) return undefined;
  if (!Number.isFinite(result)) return `${left} ${sign} ${right} has no answer: one cannot divide by zero.`;
  return `${left} ${sign} ${right} = ${Number(result.toPrecision(12))}.`;
}
