import type { Part } from '../wire.ts';

/**
 * Appends a part to those before. Text is joined to text of the same kind, and only where neither carries a signature:
 * a signature belongs to its part and comes back to the API on it. Everything else is kept as it came, but for an empty
 * text that carries nothing: the API takes none back. `open` is the last part where text may be joined to it; returns
 * the next one.
 */
export function appendPart(parts: Part[], part: Part, open: Part | undefined): Part | undefined {
  if (!isPlainText(part)) {
    parts.push({ ...part });
    return undefined;
  }
  if (part.text === '') return open;
  if (open !== undefined && Boolean(open.thought) === Boolean(part.thought)) {
    open.text = (open.text ?? '') + (part.text ?? '');
    return open;
  }
  const copy = { ...part };
  parts.push(copy);
  return copy;
}

function isPlainText(part: Part): boolean {
  if (typeof part.text !== 'string') return false;
  for (const name in part) if (name !== 'text' && name !== 'thought') return false;
  return true;
}
