/** What a line is by its field name; `text` is what the standard calls an unknown field and ignores. */
export type LineKind = 'data' | 'event' | 'id' | 'retry' | 'comment' | 'text';

const names = ['data', 'event', 'id', 'retry'] as const;

/** Classifies a line that is not empty, by a beginning of it that decides. Names are compared literally. */
export const classifyLine = (line: string): LineKind => {
  const colon = line.indexOf(':');
  return colon === 0 ? 'comment' : (names.find((name) => name === (colon < 0 ? line : line.slice(0, colon))) ?? 'text');
};

/** Whether a line that begins like this may still become one kind or another. */
export const isUndecided = (head: string): boolean => names.some((name) => name.startsWith(head));
