const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What may still become a number. */
const numberStart = /^-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?$/;

/** What a whole word of a JSON text says (RFC 8259, sections 3 and 6); `undefined` where it says nothing. */
export function readJsonWord(word: string): { readonly value: number | boolean | null } | undefined {
  const literal = literals.get(word);
  if (literal !== undefined) return { value: literal };
  return numberForm.test(word) ? { value: Number(word) } : undefined;
}

/** Whether more characters could make it a word that says something. */
export function mayBecomeJsonWord(start: string): boolean {
  return numberStart.test(start) || [...literals.keys()].some((literal) => literal.startsWith(start));
}
