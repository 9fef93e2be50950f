const maxSuggestions = 3;
/** Longer names are no slips of a finger, and comparing them would take long. */
const maxGivenLength = 64;

/**
 * Returns the known names near to `given`, the nearest first and at most three: those that contain
 * it or are contained in it, and those within an edit for each three letters.
 */
export function nearestNames(known: readonly string[], given: string): readonly string[] {
  if (given.length < 3 || given.length > maxGivenLength) return [];
  return known
    .map((name) => ({ name, distance: name.includes(given) ? 0 : editDistance(name, given) }))
    .filter(({ name, distance }) => distance <= Math.max(2, given.length / 3) || given.includes(name))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, maxSuggestions)
    .map(({ name }) => name);
}

/** The number of characters to insert, delete or replace (Levenshtein distance). */
export function editDistance(known: string, given: string): number {
  let row = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (let at = 1; at <= given.length; at += 1) {
    const next = [at];
    for (let index = 1; index <= known.length; index += 1) {
      const replaced = (row[index - 1] ?? 0) + (known[index - 1] === given[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[known.length] ?? 0;
}
