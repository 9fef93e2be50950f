import { expect, it } from 'vitest';
import { type DoctorQuestion, doctorTarget, shownUrl } from '../src/doctor/target.ts';

const plain: DoctorQuestion = {
  get: false,
  data: undefined,
  headers: [],
  model: undefined,
  isInteraction: false,
  prompt: 'hi',
  sendKey: false,
};
const env = { GEMINI_API_KEY: 'key-5678' };
const stream = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';

it.for([
  ['https://a.example', `https://a.example${stream}`],
  ['https://a.example/gemini/', `https://a.example/gemini${stream}`],
  [
    'https://a.example/v1/models/x:streamGenerateContent',
    'https://a.example/v1/models/x:streamGenerateContent?alt=sse',
  ],
] as const)('asks %s at %s', ([address, url]) => {
  const { request, isGemini } = doctorTarget(address, plain, {});
  expect(String(request.url)).toBe(url);
  expect(request.json).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
  expect(isGemini).toBe(true);
});

it('a target uses the named model, or the one of the environment', () => {
  expect(doctorTarget('https://a.example', { ...plain, model: 'gemini-x' }, {}).url.pathname).toContain('/gemini-x:');
  expect(doctorTarget('https://a.example', plain, { GEMINI_MODEL: 'gemini-y' }).url.pathname).toContain('/gemini-y:');
});

it('a target keeps the URL unchanged for a GET and for a POST with a body', () => {
  const got = doctorTarget('https://a.example/feed?x=1', { ...plain, get: true }, {});
  expect(got.request).toEqual({ signal: undefined, url: new URL('https://a.example/feed?x=1'), headers: {} });
  const headers = ['Authorization: Bearer abc', 'x-a:b: c'];
  const posted = doctorTarget('https://a.example/chat', { ...plain, data: '{"q":1}', headers }, {});
  expect(posted.request).toMatchObject({
    body: '{"q":1}',
    headers: { 'content-type': 'application/json', authorization: 'Bearer abc', 'x-a': 'b: c' },
  });
});

it.for([
  ['https://generativelanguage.googleapis.com', false, true],
  ['https://us-central1-aiplatform.googleapis.com', false, true],
  ['https://proxy.example', false, false],
  ['https://googleapis.com.evil.example', false, false],
  ['https://evilgoogleapis.com', false, false],
  ['http://127.0.0.1:8787', false, false],
  ['https://proxy.example', true, true],
  ['http://127.0.0.1:8787', true, true],
] as const)('sends the key to %s (asked to: %j): %j', ([address, sendKey, isSent]) => {
  const { request, isKeySent } = doctorTarget(address, { ...plain, sendKey }, env);
  expect(request.headers?.['x-goog-api-key']).toBe(isSent ? 'key-5678' : undefined);
  expect(isKeySent).toBe(isSent);
});

it.for<[string, Partial<DoctorQuestion>, RegExp]>([
  ['nonsense', {}, /expected an http or https URL/],
  ['ftp://a.example', {}, /expected an http or https URL/],
  ['https://a.example', { get: true, data: '' }, /--get or --data/],
  ['https://a.example', { headers: ['no colon'] }, /--header/],
  ['https://a.example', { model: '../x' }, /--model/],
  ['http://proxy.example', { sendKey: true }, /unencrypted/],
])('a target refuses %s with %j', ([address, more, message]) => {
  expect(() => doctorTarget(address, { ...plain, ...more }, env)).toThrow(message);
});

it('a target refuses --send-key without a key', () => {
  expect(() => doctorTarget('https://a.example', { ...plain, sendKey: true }, {})).toThrow(/set GOOGLE_API_KEY/);
});

it('a URL is shown without its query, which may contain a key', () => {
  expect(shownUrl(new URL('https://a.example/x?key=secret'))).toBe('https://a.example/x');
});
