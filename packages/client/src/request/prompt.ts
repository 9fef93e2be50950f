import type { Content, Part } from '../wire/types.ts';

/** A part of a prompt; the data of a file may be bytes. */
export type PromptPart =
  | Part
  | {
      readonly inlineData: {
        readonly mimeType: string;
        readonly data: Uint8Array | ArrayBuffer;
        readonly displayName?: string | undefined;
      };
    };

/** A message whose parts may be bytes. */
export interface PromptContent {
  readonly role?: string;
  readonly parts: readonly PromptPart[];
}

/** A prompt: a text, parts, or messages. */
export type Prompt =
  | string
  | PromptPart
  | PromptContent
  | Content
  | readonly (string | PromptPart)[]
  | readonly (PromptContent | Content)[];

/**
 * Returns the messages of a prompt.
 * @throws TypeError for an empty prompt, and for a list that mixes messages and parts
 */
export function contentsOf(prompt: Prompt, name = 'prompt'): Content[] {
  if (prompt === '') throw new TypeError(`${name}: expected text, got an empty string`);
  if (typeof prompt === 'string') return [{ role: 'user', parts: [{ text: prompt }] }];
  const items: readonly unknown[] = Array.isArray(prompt) ? (prompt as readonly unknown[]) : [prompt];
  if (items.length === 0) throw new TypeError(`${name}: expected at least one part, got an empty array`);
  for (const [index, item] of items.entries()) refuseForeignMessage(item, `${name}[${index}]`);
  const messages = items.filter(isMessage);
  if (messages.length === items.length) return messages.map(contentOf);
  if (messages.length > 0) throw new TypeError(`${name}: expected parts or contents, got both in one array`);
  return [{ role: 'user', parts: items.map((item, index) => partOf(item, `${name}[${index}]`)) }];
}

/** Returns the same message with its bytes in base64. Any other value is left to the check. */
export function contentOf(content: PromptContent | Content): Content {
  const parts: unknown = content?.parts;
  if (!Array.isArray(parts)) return content as unknown as Content;
  return { ...content, parts: parts.map((part) => (hasBytes(part) ? partOf(part, 'part') : (part as Part))) };
}

function partOf(item: unknown, name: string): Part {
  if (typeof item === 'string') return { text: item };
  if (typeof item !== 'object' || item === null) {
    throw new TypeError(`${name}: expected text or a part, got ${item === null ? 'null' : typeof item}`);
  }
  if (!hasBytes(item)) return item;
  const { inlineData } = item;
  const data = bytesOf(inlineData.data).toString('base64');
  return { ...item, inlineData: { ...inlineData, data } };
}

type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

function bytesOf(bytes: Bytes): Buffer {
  return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
}

function hasBytes(item: unknown): item is { inlineData: { mimeType: string; data: Bytes } } {
  const data = (item as { inlineData?: { data?: unknown } } | null | undefined)?.inlineData?.data;
  if (data instanceof Blob) {
    throw new TypeError('inlineData.data: expected base64 text or bytes, got a Blob: pass await blob.bytes()');
  }
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer;
}

/**
 * Refuses a message in the form of other APIs.
 * @throws TypeError with the form to use
 */
export function refuseForeignMessage(item: unknown, name: string): void {
  const isForeign =
    typeof item === 'object' && item !== null && 'role' in item && 'content' in item && !('parts' in item);
  if (!isForeign) return;
  throw new TypeError(`${name}: expected { role: 'user' or 'model', parts: [{ text }] }, got { role, content }`);
}

/** Whether a value is a message: it has `parts`. */
export function isMessage(item: unknown): item is PromptContent {
  return typeof item === 'object' && item !== null && 'parts' in item;
}
