import type { Exchange, RecordedChunk } from './cassette.ts';

/** Shorter texts are no credentials; masking them would only eat into the recording. */
const shortest = 6;

/**
 * The exchange with every one of the secrets replaced by asterisks of the same length wherever it stands, in headers
 * and in bodies, also across the border of two chunks: sizes and borders stay.
 */
export function maskSecrets(exchange: Exchange, secrets: readonly string[]): Exchange {
  const wanted = secrets.filter((secret) => secret.length >= shortest);
  if (wanted.length === 0) return exchange;
  const { response, requestHeaders, requestBody, path, chunks } = exchange;
  return {
    ...exchange,
    path: maskText(path, wanted),
    requestHeaders: maskHeaders(requestHeaders, wanted),
    requestBody: maskBytes(requestBody, wanted),
    response: response && { ...response, headers: maskHeaders(response.headers, wanted) },
    chunks: maskChunks(chunks, wanted),
  };
}

function maskHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskText(value, secrets)]));
}

function maskText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, '*'.repeat(secret.length)), text);
}

function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const masked = Buffer.from(bytes);
  for (const secret of secrets) {
    const sought = Buffer.from(secret, 'utf8');
    for (let at = masked.indexOf(sought); at !== -1; at = masked.indexOf(sought, at + sought.length))
      masked.fill('*', at, at + sought.length);
  }
  return masked;
}

function maskChunks(chunks: readonly RecordedChunk[], secrets: readonly string[]): readonly RecordedChunk[] {
  const whole = maskBytes(Buffer.concat(chunks.map(({ bytes }) => bytes)), secrets);
  let start = 0;
  return chunks.map(({ atMs, bytes }) => {
    const end = start + bytes.byteLength;
    const own = whole.subarray(start, end);
    start = end;
    return { atMs, bytes: own };
  });
}
