/** What any value weighs beside its text: a field of an object or an item of a list takes about two words. */
const valueLength = 8;

/**
 * Returns about how much a JSON value holds, in characters: its strings, the names of its fields, and 8 for each value.
 * No part of it is free, and each value is visited once.
 */
export function jsonLength(value: unknown): number {
  let length = leafLength(value);
  if (!isContainer(value)) return length;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) {
        length += leafLength(item);
        if (isContainer(item)) open.push(item);
      }
      continue;
    }
    const fields = next as Record<string, unknown>;
    for (const name in fields) {
      const field = fields[name];
      length += name.length + leafLength(field);
      if (isContainer(field)) open.push(field);
    }
  }
  return length;
}

function leafLength(value: unknown): number {
  return typeof value === 'string' ? valueLength + value.length : valueLength;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
