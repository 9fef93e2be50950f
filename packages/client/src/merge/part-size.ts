import type { Part } from '../wire.ts';

/** What a part holds, in characters. Text and files, which are most of it, are not looked through. */
export function partSize(part: Part): number {
  const { text, inlineData } = part;
  let size = text?.length ?? 0;
  if (inlineData?.data) size += inlineData.data.length;
  for (const name in part) {
    if (name === 'text' || name === 'thought' || name === 'inlineData') continue;
    const value = (part as Record<string, unknown>)[name];
    size += typeof value === 'string' ? value.length : (JSON.stringify(value)?.length ?? 0);
  }
  return size;
}
