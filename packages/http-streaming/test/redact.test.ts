import { openEventStream, type HttpStreamError } from '@gemini/http-streaming';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactCredentials, redactHeaders, redactPiece } from '../src/redact.ts';
import { serveBody } from './serve-body.ts';

const key = 'AIzaSy-Key+(1234)';
const source = { headers: { 'x-goog-api-key': key, accept: '*/*' }, origin: 'https://example.com', path: '/' };

it('a key is redacted everywhere, in any letter case', () => {
  expect(redactCredentials(`a ${key} b ${key.toLowerCase()}`, source)).toBe('a [redacted] b [redacted]');
  expect(redactHeaders({ 'content-type': `text/${key}`, [`x-${key}`]: 'a', cookie: 'b' }, source)).toEqual({
    'content-type': 'text/[redacted]',
    'x-[redacted]': 'a',
  });
});

it('a text without a key stays unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(redactCredentials(text, source)).toBe(text);
    }),
  );
});

it('a piece of a key at the border of an excerpt is redacted from four characters on', () => {
  const text = `before ${key} after`;
  const at = text.indexOf(key);
  for (let border = 0; border <= text.length; border += 1) {
    for (const piece of [text.slice(border), text.slice(0, border)]) {
      const redacted = redactPiece(piece, source);
      for (let start = 0; start + 4 <= key.length; start += 1) {
        expect(redacted, `cut at ${border - at}`).not.toContain(key.slice(start, start + 4));
      }
    }
  }
});

const failureOf = async (answer: Readonly<Record<string, string>>, body = 'none'): Promise<HttpStreamError> => {
  await using server = await serveBody(Buffer.from(body), 'length', answer);
  const stream = await openEventStream({ url: server.url, headers: { 'x-goog-api-key': 'Secret-Key-1234' } }).catch(
    (error: HttpStreamError) => error,
  );
  if (stream instanceof Error) return stream;
  stream.cancel();
  throw new Error('expected a failure');
};

it.for<[string, Readonly<Record<string, string>>, string?]>([
  ['the content type', { 'content-type': 'text/Secret-Key-1234' }],
  ['the content encoding', { 'content-encoding': 'Secret-Key-1234' }],
  ['a header name', { 'content-type': 'text/html', 'x-Secret-Key-1234': 'a' }],
  ['a body', { 'content-type': 'text/html' }, 'your key is Secret-Key-1234'],
  ['a body that is cut inside it', { 'content-type': 'text/html' }, `${'x'.repeat(16 * 1024 - 10)}Secret-Key-1234`],
])('an error never shows a key that the server repeats in %s', async ([, headers, body]) => {
  const error = await failureOf(headers, body);
  const shown = [
    error.message,
    error.bodyExcerpt,
    JSON.stringify(error),
    inspect(error, { showHidden: true, depth: null }),
  ];
  for (const text of shown) expect(text).not.toMatch(/secret/i);
  expect(error.recording({ payloads: true }).lastText).not.toMatch(/secret/i);
});
