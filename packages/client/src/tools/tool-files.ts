import type { FunctionResponsePart } from '../wire/types.ts';
import { isRecord, kindOf } from '../wire/guard.ts';

/** A file beside the result of a function: its data, or its address. */
export type ToolFile =
  | {
      readonly mimeType: string;
      /** Base64, or bytes. */
      readonly data: string | Uint8Array | ArrayBuffer;
      /** The name by which the result may refer to the file: `{ $ref: displayName }`. */
      readonly displayName?: string | undefined;
    }
  | {
      readonly mimeType?: string | undefined;
      readonly uri: string;
      readonly displayName?: string | undefined;
    };

const filesKey = Symbol.for('@gemini/client/tool-files');

/** The result of a function with files beside it. */
export interface ToolResultWithFiles {
  readonly [filesKey]: { readonly response: unknown; readonly parts: readonly FunctionResponsePart[] };
}

/**
 * Makes the result of a function that has files beside it, such as an image that the model looks at. Return it from
 * `execute`; `response` is what the function would have returned without files.
 * @throws TypeError for an invalid file
 */
export function toolResult(response: unknown, files: readonly ToolFile[]): ToolResultWithFiles {
  if (!Array.isArray(files)) throw new TypeError(`files: expected an array, got ${kindOf(files)}`);
  const parts = (files as readonly unknown[]).map((file, index) => filePart(file, `files[${index}]`));
  return Object.defineProperty({}, filesKey, { value: { response, parts } }) as ToolResultWithFiles;
}

/** Separates the files of a result from its value. */
export function readToolResult(value: unknown): { response: unknown; parts: readonly FunctionResponsePart[] } {
  const isMade = typeof value === 'object' && value !== null && filesKey in value;
  return isMade ? (value as ToolResultWithFiles)[filesKey] : { response: value, parts: [] };
}

/** Returns the size of files as they are sent, in bytes: their base64, addresses and names. */
export function filesSize(parts: readonly FunctionResponsePart[]): number {
  return parts.reduce((sum, { inlineData, fileData }) => sum + textSize(inlineData) + textSize(fileData), 0);
}

function textSize(fields: object | undefined): number {
  return Object.values(fields ?? {}).reduce<number>((sum, text) => sum + Buffer.byteLength(String(text)), 0);
}

function filePart(file: unknown, path: string): FunctionResponsePart {
  if (!isRecord(file)) throw new TypeError(`${path}: expected { mimeType, data } or { uri }, got ${kindOf(file)}`);
  const { mimeType, data, uri, displayName } = file;
  for (const [name, value] of Object.entries({ mimeType, uri, displayName })) {
    if (value === undefined || typeof value === 'string') continue;
    throw new TypeError(`${path}.${name}: expected a string, got ${kindOf(value)}`);
  }
  const named = displayName === undefined ? {} : { displayName: displayName as string };
  const typed = mimeType === undefined ? {} : { mimeType: mimeType as string };
  if (data === undefined && typeof uri === 'string') return { fileData: { ...typed, fileUri: uri, ...named } };
  if (mimeType === undefined) throw new TypeError(`${path}.mimeType: expected a string beside data, got undefined`);
  return { inlineData: { ...typed, data: base64(data, `${path}.data`), ...named } };
}

function base64(data: unknown, path: string): string {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  }
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return Buffer.from(data).toString('base64');
  throw new TypeError(`${path}: expected base64 or bytes, got ${kindOf(data)}`);
}
