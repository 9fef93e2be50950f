import { describe, expect, it } from 'vitest';
import { decideRedirect, type RedirectQuestion } from '../src/response-rules.ts';

const ask = (more: Partial<RedirectQuestion>) =>
  decideRedirect({
    status: 307,
    location: '/elsewhere?x=1',
    url: new URL('https://example.com/here?key=secret'),
    method: 'POST',
    followed: 0,
    maxRedirects: 5,
    ...more,
  });

describe('decideRedirect', () => {
  it.for([301, 302, 307, 308])('keeps the method of a %i within the origin', (status) => {
    const url = new URL('https://example.com/elsewhere?x=1');
    expect(ask({ status })).toEqual({ type: 'follow', url, method: 'POST' });
  });

  it.for<[string, Partial<RedirectQuestion>, string]>([
    ['another host', { location: 'https://evil.example/' }, 'cross-origin-redirect'],
    ['another port', { location: 'https://example.com:8443/' }, 'cross-origin-redirect'],
    ['https to http', { location: 'http://example.com/' }, 'cross-origin-redirect'],
    ['another scheme', { location: 'data:text/plain,hi' }, 'cross-origin-redirect'],
    ['a host without a scheme', { location: '//evil.example/x' }, 'cross-origin-redirect'],
    ['one too many', { followed: 5 }, 'too-many-redirects'],
    ['any, when none is allowed', { maxRedirects: 0 }, 'too-many-redirects'],
    ['a 303 after a POST', { status: 303 }, 'bad-status'],
  ])('refuses %s', ([, question, code]) => {
    const answer = ask(question);
    expect(answer).toMatchObject({ type: 'refuse', code });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('follows a 303 after a GET', () => {
    expect(ask({ status: 303, method: 'GET' })).toMatchObject({ type: 'follow', method: 'GET' });
  });

  it('does not take credentials from a location', () => {
    expect(ask({ location: 'https://user:pass@example.com/x' })).toMatchObject({
      url: new URL('https://example.com/x'),
    });
  });

  it.for<[string, Partial<RedirectQuestion>]>([
    ['without a location', { location: undefined }],
    ['with an invalid location', { location: 'https://[' }],
    ['of another status', { status: 304 }],
    ['that is an answer', { status: 200 }],
  ])('returns no redirect for a response %s', ([, question]) => {
    expect(ask(question)).toEqual({ type: 'none' });
  });
});
