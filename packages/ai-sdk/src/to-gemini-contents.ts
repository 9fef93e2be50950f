import type { Content, Part } from '@gemini/client';
import type { UIMessage } from 'ai';

/** A request with the messages of a chat. */
export interface ChatContents {
  readonly contents: Content[];
  /** The text of the system messages, if there are some. */
  readonly systemInstruction?: string | undefined;
}

/**
 * Returns the messages of a page as a request for `gemini.stream`: texts, thoughts, files, calls and results, with the
 * signatures that a message brought. Other parts, such as sources and data, are left out.
 */
export function toGeminiContents(messages: readonly UIMessage[]): ChatContents {
  const contents: Content[] = [];
  const system: string[] = [];
  for (const { role, parts } of messages) {
    // One by one: a call with as many arguments as a page can send overflows the stack.
    if (role === 'system') {
      for (const part of parts) if (part.type === 'text') system.push(part.text);
    } else {
      for (const content of contentsOf(role === 'user' ? 'user' : 'model', parts)) contents.push(content);
    }
  }
  return system.length === 0 ? { contents } : { contents, systemInstruction: system.join('\n\n') };
}

/** A part of a message, as far as it is read. It comes from a page: nothing of it is certain. */
interface MessagePart {
  readonly type: string;
  readonly text?: unknown;
  readonly mediaType?: unknown;
  readonly url?: unknown;
  readonly toolName?: unknown;
  readonly toolCallId?: unknown;
  readonly state?: unknown;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errorText?: unknown;
  readonly providerExecuted?: unknown;
  readonly providerMetadata?: unknown;
  readonly callProviderMetadata?: unknown;
}

/** Returns the contents of a message: each step of an answer, and the results of its calls. */
function contentsOf(role: 'user' | 'model', parts: readonly MessagePart[]): Content[] {
  const contents: Content[] = [];
  let said: Part[] = [];
  let results: Part[] = [];
  const flush = (): void => {
    if (said.length > 0) contents.push({ role, parts: said });
    if (results.length > 0) contents.push({ role: 'user', parts: results });
    said = [];
    results = [];
  };
  for (const part of parts) {
    if (part.type === 'step-start') flush();
    else if (isTool(part.type)) {
      const { call, result } = toolParts(part);
      said.push(...call);
      results.push(...result);
    } else {
      const own = partOf(part);
      if (own !== undefined) said.push(own);
    }
  }
  flush();
  return contents;
}

function partOf({ type, text, mediaType, url, providerMetadata }: MessagePart): Part | undefined {
  const signature = signatureOf(providerMetadata);
  if (type === 'text' || type === 'reasoning') {
    if (typeof text !== 'string' || (text === '' && signature.thoughtSignature === undefined)) return undefined;
    return type === 'text' ? { text, ...signature } : { text, thought: true, ...signature };
  }
  if (type !== 'file' || typeof url !== 'string' || typeof mediaType !== 'string') return undefined;
  const data = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1];
  if (data !== undefined) return { inlineData: { mimeType: mediaType, data }, ...signature };
  return { fileData: { mimeType: mediaType, fileUri: url }, ...signature };
}

function isTool(type: string): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-');
}

function toolParts(part: MessagePart): { readonly call: Part[]; readonly result: Part[] } {
  const { type, state, output, errorText, providerExecuted } = part;
  const name = type === 'dynamic-tool' ? textOf(part.toolName) : type.slice('tool-'.length);
  const input = objectOf(part.input);
  const signature = signatureOf(part.callProviderMetadata);
  if (providerExecuted === true) {
    if (name !== 'code_execution') return { call: [], result: [] };
    // The server has run it: both are the model's.
    const { language, code } = input;
    const { outcome, output: printed } = objectOf(output);
    const executableCode = { language: textOf(language), code: textOf(code) };
    const codeExecutionResult = { outcome: textOf(outcome, 'OUTCOME_OK'), output: textOf(printed) };
    return { call: [{ executableCode, ...signature }, { codeExecutionResult }], result: [] };
  }
  // A call whose arguments were cut off cannot be sent back.
  if (state === 'input-streaming') return { call: [], result: [] };
  const id = typeof part.toolCallId === 'string' ? { id: part.toolCallId } : {};
  const answer =
    state === 'output-available'
      ? resultOf(output)
      : { error: state === 'output-error' ? textOf(errorText) : 'the call was not answered' };
  return {
    call: [{ functionCall: { ...id, name, args: input }, ...signature }],
    result: [{ functionResponse: { ...id, name, response: answer } }],
  };
}

/** The API takes objects only. */
function resultOf(output: unknown): Record<string, unknown> {
  const isObject = typeof output === 'object' && output !== null && !Array.isArray(output);
  return isObject ? (output as Record<string, unknown>) : { output };
}

function textOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function signatureOf(metadata: unknown): { thoughtSignature?: string } {
  const { thoughtSignature } = objectOf(objectOf(metadata)['google']);
  return typeof thoughtSignature === 'string' ? { thoughtSignature } : {};
}
