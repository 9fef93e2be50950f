import type { Content, Part } from '@gemini/client';

/** A message in the form of the conventions. */
export interface Message {
  readonly role: string;
  readonly parts: readonly object[];
}

/** Returns the messages of a request to `streamGenerateContent`. */
export function messagesOf(contents: readonly Content[]): Message[] {
  return contents.map(({ role, parts = [] }) => {
    const isResult = parts.length > 0 && parts.every(({ functionResponse }) => functionResponse !== undefined);
    const name = isResult || role === 'function' ? 'tool' : role === 'model' ? 'assistant' : 'user';
    return { role: name, parts: parts.map(partOf) };
  });
}

/** Returns a part. The bytes of a file are left out: they would make an attribute of any size. */
export function partOf(part: Part): object {
  const { text, thought, functionCall, functionResponse, inlineData, fileData } = part;
  if (functionCall !== undefined) {
    return { type: 'tool_call', id: functionCall.id, name: functionCall.name, arguments: functionCall.args };
  }
  if (functionResponse !== undefined) {
    const { id, name, response } = functionResponse;
    return { type: 'tool_call_response', id, name, response };
  }
  if (inlineData !== undefined) return fileOf('blob', inlineData.mimeType, { size: base64Size(inlineData.data) });
  if (fileData !== undefined) return fileOf('uri', fileData.mimeType, { uri: fileData.fileUri });
  if (text !== undefined) return { type: thought === true ? 'reasoning' : 'text', content: text };
  const [kind = 'empty'] = Object.keys(part);
  return { type: kind };
}

/** Returns a file of a message, without its bytes. */
export function fileOf(type: 'blob' | 'uri', mimeType: string | undefined, where: object): object {
  const family = mimeType?.split('/', 1)[0];
  const modality = family === 'image' || family === 'audio' || family === 'video' ? family : 'document';
  return { type, mime_type: mimeType, modality, ...where };
}

/** Returns the number of bytes that base64 text holds. */
export function base64Size(data = ''): number {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((data.length * 3) / 4) - padding);
}
