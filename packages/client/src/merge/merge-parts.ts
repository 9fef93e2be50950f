import type { Part } from '../wire.ts';

/**
 * Appends a part to those before. Text is joined to text of the same kind, and only where neither carries a signature:
 * a signature belongs to its part and comes back to the API on it. Everything else is kept as it came, but for an empty
 * text that carries nothing: the API takes none back.
 */
export function appendPart(parts: Part[], part: Part): void {
  if (!isPlainText(part)) {
    parts.push({ ...part });
    return;
  }
  if (part.text === '') return;
  const last = parts.at(-1);
  if (last !== undefined && Boolean(last.thought) === Boolean(part.thought) && isPlainText(last)) {
    last.text = (last.text ?? '') + (part.text ?? '');
  } else parts.push({ ...part });
}

function isPlainText(part: Part): boolean {
  if (typeof part.text !== 'string') return false;
  for (const name in part) if (name !== 'text' && name !== 'thought') return false;
  return true;
}
