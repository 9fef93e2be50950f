/** What a line is by its field name; `text` is what the standard calls an unknown field and ignores. */
export type LineKind = 'data' | 'event' | 'id' | 'retry' | 'comment' | 'text';

const colon = 58;
const names = ['data', 'event', 'id', 'retry'] as const;

const isField = (text: string, start: number, end: number, name: string): boolean => {
  const nameEnd = start + name.length;
  return text.startsWith(name, start) && (nameEnd === end || (nameEnd < end && text.charCodeAt(nameEnd) === colon));
};

/** Classifies the line `text.slice(start, end)`, which is not empty. Field names are compared literally. */
export const classifyLine = (text: string, start: number, end: number): LineKind => {
  if (text.charCodeAt(start) === colon) return 'comment';
  for (const name of names) if (isField(text, start, end, name)) return name;
  return 'text';
};

/** Classifies a line of which only the beginning is there: undefined while it could still become one kind or another. */
export const classifyLineHead = (head: string): LineKind | undefined => {
  if (names.some((name) => name.startsWith(head))) return undefined;
  return classifyLine(head, 0, head.length);
};
