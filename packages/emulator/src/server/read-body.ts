import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { gunzipSync, inflateSync, brotliDecompressSync } from 'node:zlib';
import { GoogleError } from '../wire/google-error.ts';

const decoders: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** The whole body, decoded. Throws a `GoogleError` when it is larger than allowed, or its encoding is wrong. */
export async function readBody(
  request: IncomingMessage | Http2ServerRequest,
  maxBodyBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // The rest of a body that is too large is read and dropped, or the client never gets to see the error.
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else if (bytes > maxBodyBytes * 4) break;
  }
  if (bytes > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return decodeBody(Buffer.concat(chunks), request.headers['content-encoding'] ?? 'identity', maxBodyBytes);
}

function decodeBody(body: Uint8Array, encoding: string, maxOutputLength: number): Uint8Array {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  const decoder = decoders[name];
  if (decoder === undefined)
    throw new GoogleError('INVALID_ARGUMENT', `Unsupported content encoding "${name.slice(0, 40)}".`);
  try {
    return decoder(body, { maxOutputLength });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxOutputLength);
    throw new GoogleError('INVALID_ARGUMENT', `The request body is not valid ${name}.`);
  }
}

function tooLarge(maxBodyBytes: number): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', `Request payload size exceeds the limit: ${maxBodyBytes} bytes.`);
}
