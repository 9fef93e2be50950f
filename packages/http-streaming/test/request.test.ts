import { describe, expect, it } from 'vitest';
import { describeRequest } from '../src/request.ts';
import { prepareRequest } from '../src/request.ts';

const url = new URL('https://example.com/v1/stream?key=secret');

describe('prepareRequest', () => {
  it('requests an uncompressed event stream', () => {
    expect(prepareRequest(url, {})).toEqual({
      origin: 'https://example.com',
      path: '/v1/stream?key=secret',
      method: 'GET',
      headers: { accept: 'text/event-stream', 'accept-encoding': 'identity' },
      body: undefined,
    });
  });

  it('serialises JSON once, as a POST', () => {
    const request = prepareRequest(url, { json: { text: 'é' }, lastEventId: '7' });
    expect(request).toMatchObject({ method: 'POST', body: '{"text":"é"}' });
    expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'last-event-id': '7' });
  });

  it('lets a caller override the default headers, in any letter case', () => {
    const { headers } = prepareRequest(url, { headers: { Accept: '*/*', 'ACCEPT-ENCODING': 'gzip' } });
    expect(headers).toEqual({ accept: '*/*', 'accept-encoding': 'gzip' });
  });

  it('copies a body of bytes, so that each attempt sends the same', () => {
    const body = new Uint8Array([1, 2, 3]);
    const request = prepareRequest(url, { body });
    body.fill(0);
    expect(request.body).toEqual(new Uint8Array([1, 2, 3]));
  });

  it.for<[string, object, string]>([
    ['a file', { url: 'file:///etc/passwd' }, 'http: or https:'],
    ['a password in the URL', { url: 'https://user:pass@example.com/' }, 'no user name'],
    ['two bodies', { json: {}, body: '' }, 'got both'],
    ['a function as JSON', { json: () => 1 }, 'a JSON value'],
    ['a line break in a header', { headers: { 'x-a': 'secret\r\nx-b: 1' } }, 'headers, x-a'],
    ['a number as a header', { headers: { 'x-a': 1 } }, 'got number'],
    ['a header that has no name', { headers: { 'x a': '1' } }, '"x a"'],
    ['a header that frames the body', { headers: { 'Transfer-Encoding': 'chunked' } }, '"Transfer-Encoding"'],
    ['a line break in the last event id', { lastEventId: '1\n2' }, 'last-event-id'],
  ])('refuses %s', ([, request, message]) => {
    const prepare = (): unknown => prepareRequest(new URL('url' in request ? String(request.url) : url), request);
    expect(prepare).toThrow(TypeError);
    expect(prepare).toThrow(message);
    expect(prepare).not.toThrow('secret');
  });

  it('describes a request without its query', () => {
    expect(describeRequest(prepareRequest(url, {}))).toBe('GET https://example.com/v1/stream');
  });
});
