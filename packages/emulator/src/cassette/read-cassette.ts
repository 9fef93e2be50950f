import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import type { Cassette, Exchange, ExchangeEnd, RecordedChunk } from './cassette.ts';
import { cassetteVersion } from './encode-exchange.ts';

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
 * Reads a cassette from its text. Exchanges may be interleaved; one that never ended is left out. Throws a `TypeError`
 * that names the line for what is no cassette, or is of another version.
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
    if (exchange === undefined) throw new TypeError(`cassette, line ${index + 2}: no request with this id came before`);
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
    throw new TypeError(`cassette, line ${number}: the response has no status`);
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
