/**
 * Returns the name that a word probably stands for: one letter is missing, added or replaced, or two neighbours are
 * swapped; an option may also differ in dashes and case, or have an ending that is missing. Returns `undefined` if no
 * name is near.
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const all = [...names];
  return all.find((name) => plain(name) === plain(word)) ?? all.find((name) => isMisspelling(word, name));
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Returns whether a word differs from a name in one letter, or in two neighbours that are swapped. */
export function isMisspelling(word: string, name: string): boolean {
  if (word === name || Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (start < name.length && word[start] === name[start]) start += 1;
  let end = 0;
  while (end < name.length - start && end < word.length - start && word.at(-1 - end) === name.at(-1 - end)) end += 1;
  const [inWord, inName] = [word.slice(start, word.length - end), name.slice(start, name.length - end)];
  const isSwapped = inWord.length === 2 && inWord[0] === inName[1] && inWord[1] === inName[0];
  if (isSwapped) return true;
  // Of three or four letters, a replaced one makes another word: `what` is not a misspelt `chat`.
  const isReplaced = inWord.length === 1 && inName.length === 1;
  if (isReplaced) return name.length > 4;
  return Math.max(inWord.length, inName.length) <= 1 && Math.min(word.length, name.length) > 2;
}
