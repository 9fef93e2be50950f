import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';

/** The end of a recorded exchange. */
export type ExchangeEnd =
  /** The body was complete. */
  | 'complete'
  /** The server closed the connection before the body was complete. */
  | 'cut'
  /** The server reset the connection. */
  | 'reset'
  /** The client left first. The rest of the answer is unknown. */
  | 'client-left'
  /** No response arrived. */
  | 'no-response';

/** Bytes of a body and the time of their arrival, in milliseconds since the request. */
export interface RecordedChunk {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** One request and its response. */
export interface Exchange {
  readonly method: string;
  /** Path and query, without credentials and without the emulator's own prefixes. */
  readonly path: string;
  /** The headers without credentials. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: Uint8Array;
  /** `undefined` if no response arrived. */
  readonly response?:
    | { readonly atMs: number; readonly status: number; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  readonly chunks: readonly RecordedChunk[];
  readonly end: { readonly atMs: number; readonly how: ExchangeEnd };
}

/** The contents of a cassette file, in the order in which the exchanges ended. */
export interface Cassette {
  readonly exchanges: readonly Exchange[];
}

/** The version of the format. `readCassette` refuses any other. */
export const cassetteVersion = 1;

/** Returns the first line of a cassette. */
export function encodeCassetteHeader(recordedAt: Date): string {
  return `${JSON.stringify({ cassette: cassetteVersion, recordedAt: recordedAt.toISOString() })}\n`;
}

/** Returns the lines of one exchange: request, response, a line for each chunk, end. */
export function encodeExchange(exchange: Exchange, id: number): string {
  const { method, path, requestHeaders, requestBody, response, chunks, end } = exchange;
  const lines: object[] = [
    { type: 'request', id, method, path, headers: requestHeaders, ...encodeBytes(requestBody) },
    ...(response === undefined ? [] : [{ type: 'response', id, ...response, atMs: round(response.atMs) }]),
    ...chunks.map(({ atMs, bytes }) => ({ type: 'chunk', id, atMs: round(atMs), ...encodeBytes(bytes) })),
    { type: 'end', id, atMs: round(end.atMs), how: end.how },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Rounds milliseconds to microseconds, the precision of the clock. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Encodes bytes as text if they are valid UTF-8, or else as base64: a chunk can end inside a character. */
function encodeBytes(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

const ends: readonly string[] = [
  'complete',
  'cut',
  'reset',
  'client-left',
  'no-response',
] satisfies readonly ExchangeEnd[];

interface OpenExchange {
  request: JsonObject;
  response?: JsonObject;
  chunks: RecordedChunk[];
}

/**
 * Parses a cassette. Exchanges may be interleaved. Ignores an exchange without an end.
 * @throws TypeError that gives the line, if the text is not a cassette of this version
 */
export function readCassette(text: string): Cassette {
  const [first = '', ...lines] = text.split('\n');
  if (readLine(first, 1)['cassette'] !== cassetteVersion) {
    throw new TypeError(`cassette, line 1: expected {"cassette":${cassetteVersion},…}, got ${first.slice(0, 80)}`);
  }
  const open = new Map<JsonValue | undefined, OpenExchange>();
  const exchanges: Exchange[] = [];
  for (const [index, content] of lines.entries()) {
    if (content.trim() === '') continue;
    const line = readLine(content, index + 2);
    if (line['type'] === 'request') open.set(line['id'], { request: line, chunks: [] });
    const exchange = open.get(line['id']);
    if (exchange === undefined)
      throw new TypeError(`cassette, line ${index + 2}: expected a request with this id on an earlier line`);
    if (line['type'] === 'response') exchange.response = line;
    if (line['type'] === 'chunk') exchange.chunks.push({ atMs: readMs(line, index + 2), bytes: readBytes(line) });
    if (line['type'] !== 'end') continue;
    exchanges.push(finish(exchange, line, index + 2));
    open.delete(line['id']);
  }
  return { exchanges };
}

function finish({ request, response, chunks }: OpenExchange, line: JsonObject, number: number): Exchange {
  const how = textOr(line['how'], '');
  if (!ends.includes(how))
    throw new TypeError(`cassette, line ${number}: expected how to be one of ${ends.join(', ')}, got ${how}`);
  const status = Number(response?.['status']);
  if (response !== undefined && !(status >= 100 && status <= 999))
    throw new TypeError(`cassette, line ${number}: expected the response to have a status from 100 to 999`);
  return {
    method: textOr(request['method'], 'GET'),
    path: textOr(request['path'], '/'),
    requestHeaders: readHeaders(request['headers']),
    requestBody: readBytes(request),
    response: response && { atMs: readMs(response, number), status, headers: readHeaders(response['headers']) },
    chunks,
    end: { atMs: readMs(line, number), how: how as ExchangeEnd },
  };
}

function readLine(text: string, number: number): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`cassette, line ${number}: expected JSON`, { cause });
  }
  if (!isJsonObject(value)) throw new TypeError(`cassette, line ${number}: expected an object`);
  return value;
}

function readMs(line: JsonObject, number: number): number {
  const { atMs } = line as { atMs?: JsonValue };
  if (typeof atMs === 'number' && atMs >= 0) return atMs;
  throw new TypeError(`cassette, line ${number}: expected atMs to be 0 or more, got ${JSON.stringify(atMs)}`);
}

function readBytes(line: JsonObject): Uint8Array {
  if (typeof line['base64'] === 'string') return Buffer.from(line['base64'], 'base64');
  return Buffer.from(textOr(line['text'], ''), 'utf8');
}

function readHeaders(value: JsonValue | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, header]) => [name.toLowerCase(), textOr(header, '')]));
}
