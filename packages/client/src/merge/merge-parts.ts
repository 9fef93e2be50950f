import type { Part } from '../wire.ts';

/**
 * Appends the parts of a chunk to those before. Text is joined to text of the same kind, and only where neither carries
 * a signature: a signature belongs to its part and comes back to the API on it. Everything else is kept as it came.
 */
export function mergeParts(parts: Part[], added: readonly Part[]): void {
  for (const part of added) {
    const last = parts.at(-1);
    if (last !== undefined && isPlainText(last) && isPlainText(part) && last.thought === part.thought) {
      last.text = (last.text ?? '') + (part.text ?? '');
    } else parts.push({ ...part });
  }
}

function isPlainText(part: Part): boolean {
  if (typeof part.text !== 'string') return false;
  for (const name in part) if (name !== 'text' && name !== 'thought') return false;
  return true;
}
