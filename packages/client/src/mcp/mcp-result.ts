import { type ToolFile, type ToolResultWithFiles, toolResult } from '../tools/tool-files.ts';
import { isRecord, kindOf } from '../wire/guard.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The content of a result, sorted: the texts, the files, and what is neither. */
interface SortedContent {
  readonly texts: string[];
  readonly files: ToolFile[];
  /** Files that cannot be sent. */
  readonly omitted: Fields[];
  readonly resources: Fields[];
  readonly other: unknown[];
}

/**
 * Converts the result of an MCP tool to the result of a function. Structured content is the response as it is; else the
 * texts are its `output`, joined by line ends. Images and PDFs become files; resources that are text or links are listed
 * under `resources`, and content of an unknown kind under `other`. A file of a type that the API refuses in a result is
 * listed under `omitted`, without its data: the API would refuse every later request of the conversation too.
 * @throws Error with the text of a result that is an error, and for a value that is no result
 */
export function readMcpResult(result: unknown): ToolResultWithFiles {
  if (!isRecord(result)) throw new Error(`the MCP server sent no result, but ${kindOf(result)}`);
  // Servers of the first version of the protocol.
  if ('toolResult' in result) return toolResult(result['toolResult'], []);
  const { content = [], structuredContent, isError } = result;
  if (!Array.isArray(content)) throw new Error(`the MCP server sent content that is ${kindOf(content)}`);
  const sorted: SortedContent = { texts: [], files: [], omitted: [], resources: [], other: [] };
  for (const block of content as readonly unknown[]) sortBlock(block, sorted);
  const text = sorted.texts.join('\n');
  if (isError === true) throw new Error(text === '' ? 'the MCP tool failed without a reason' : text);
  const { files, omitted, resources, other } = sorted;
  const lists = Object.entries({ resources, other, omitted }).filter(([, list]) => list.length > 0);
  const more: Fields = Object.fromEntries(lists);
  const output = isRecord(structuredContent) ? structuredContent : text === '' ? {} : { output: text };
  return toolResult({ ...more, ...output }, files);
}

function sortBlock(block: unknown, sorted: SortedContent): void {
  if (!isRecord(block)) {
    sorted.other.push(block);
    return;
  }
  const { type, text, data, mimeType, resource } = block;
  if (type === 'text' && typeof text === 'string') sorted.texts.push(text);
  else if ((type === 'image' || type === 'audio') && typeof data === 'string') {
    addFile({ mimeType: typeOf(mimeType), data }, sorted);
  } else if (type === 'resource' && isRecord(resource)) sortResource(resource, sorted);
  else if (type === 'resource_link') {
    const { uri, name, title, description } = block;
    sorted.resources.push(present({ uri, name, title, description, mimeType }));
  } else sorted.other.push(block);
}

function sortResource(resource: Fields, sorted: SortedContent): void {
  const { uri, mimeType, text, blob } = resource;
  if (typeof blob !== 'string') {
    sorted.resources.push(present({ uri, mimeType, text }));
    return;
  }
  const named = typeof uri === 'string' ? { displayName: uri } : {};
  addFile({ mimeType: typeOf(mimeType), data: blob, ...named }, sorted);
}

/** The types of files that `generateContent` takes beside a result. */
const sentTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'application/pdf']);

function addFile(file: ToolFile & { readonly mimeType: string; readonly data: string }, sorted: SortedContent): void {
  const { mimeType, data, displayName } = file;
  // A type may have parameters, and letters of any case.
  const type = mimeType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (sentTypes.has(type)) sorted.files.push({ ...file, mimeType: type });
  else {
    const bytes = Buffer.byteLength(data, 'base64');
    sorted.omitted.push(present({ mimeType, bytes, uri: displayName, reason: 'the API takes no file of this type' }));
  }
}

function typeOf(mimeType: unknown): string {
  return typeof mimeType === 'string' && mimeType !== '' ? mimeType : 'application/octet-stream';
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
