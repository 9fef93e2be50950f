import { describe, expect, it } from 'vitest';
import { comparePaths, compression, environmentProxy, keepAlive } from '../src/doctor/findings.ts';
import { idleOf, leavingOf } from '../src/doctor/probes.ts';
import type { MeasuredExchange } from '../src/measure/measure-event-stream.ts';
import { makeExchange } from './make-exchange.ts';

const nginx = { server: 'nginx/1.22.1' };
const gzip = { 'content-encoding': 'gzip' };
const none = { events: [], verdict: makeExchange({ kind: 'inconclusive' }).verdict };

describe('the finding', () => {
  const plain = makeExchange({ kind: 'live' });

  it.for<[string, ReturnType<typeof keepAlive>, string, RegExp]>([
    ['the same connection', keepAlive(plain, true), 'good', /same connection/],
    ['a new connection', keepAlive(plain, false), 'bad', /not closed by the server/],
    [
      'an answer that closes',
      keepAlive(makeExchange({ kind: 'live', bodyEnd: 'close' }), false),
      'bad',
      /closes the connection/,
    ],
    [
      'an answer that broke off',
      keepAlive(makeExchange({ kind: 'live', end: { status: 'stopped' } }), false),
      'unknown',
      /did not end by itself/,
    ],
    ['no second request', keepAlive(plain, undefined), 'unknown', /not sent/],
    ['no compression', compression(plain, plain), 'good', /is not compressed/],
    ['a flushed compressor', compression(plain, makeExchange({ kind: 'live', headers: gzip })), 'good', /still live/],
    [
      'one that is not',
      compression(plain, makeExchange({ kind: 'buffered', headers: gzip })),
      'bad',
      /offered.*buffered/,
    ],
    [
      'a compressor and bursts',
      compression(plain, makeExchange({ kind: 'bursty', headers: gzip })),
      'unknown',
      /bursts/,
    ],
    [
      'compression unasked',
      compression(makeExchange({ kind: 'partial', headers: gzip }), makeExchange({ kind: 'partial', headers: gzip })),
      'bad',
      /without being asked/,
    ],
    ['a server that saw us leave', leavingOf({ closedAt: 1_002, closedBy: 'client' }, 1_000), 'good', /2\.0 ms later/],
    ['one that was done', leavingOf({ closedAt: 1_050, closedBy: 'server' }, 1_000), 'unknown', /ended before/],
    [
      'one that ran to its end',
      leavingOf({ closedAt: 3_000, closedBy: 'server' }, 1_000),
      'bad',
      /generated the answer to its end/,
    ],
    ['one that is still running', leavingOf({}, 1_000), 'bad', /still generates/],
  ])('on %s', ([, finding, tone, told]) => {
    expect(finding.tone).toBe(tone);
    expect(finding.finding).toMatch(told);
    expect(finding.fix === undefined).toBe(tone !== 'bad');
  });

  it.for<[string, Partial<MeasuredExchange>, string, RegExp]>([
    [
      'that stays open',
      { end: { status: 'failed', error: { code: 'idle-timeout', message: '' } } },
      'good',
      /30 s without a byte, and the connection stayed open/,
    ],
    [
      'that is cut',
      { end: { status: 'failed', error: { code: 'connection-lost', message: '', status: 200 } }, endedMs: 11_000 },
      'bad',
      /after 10 s without a byte the connection was cut/,
    ],
    [
      'that a gateway gives up',
      { ...none, end: { status: 'failed', error: { code: 'bad-status', message: '', status: 504 } }, endedMs: 20_000 },
      'bad',
      /after 20 s without a byte the server answered 504/,
    ],
    ['that never was', { endedMs: 1_400 }, 'unknown', /never silent for 30 s; its longest silence, 400 ms/],
  ])('on a silence %s', ([, facts, tone, told]) => {
    const finding = idleOf(makeExchange({ kind: 'live', ...facts }), 30_000);
    expect(finding.tone).toBe(tone);
    expect(finding.finding).toMatch(told);
  });

  it.for<[string, NodeJS.ProcessEnv, string, RegExp]>([
    ['https://a.example/x', {}, 'good', /not set/],
    ['https://a.example/x', { HTTP_PROXY: 'http://p.example' }, 'good', /HTTPS_PROXY is not set/],
    [
      'https://a.example/x',
      { HTTPS_PROXY: 'http://me:secret@p.example:3128' },
      'unknown',
      /through p\.example:3128 \(/,
    ],
    ['http://127.0.0.1:80/x', { http_proxy: 'http://p.example' }, 'good', /loopback/],
    ['https://a.example/x', { HTTPS_PROXY: 'http://p.example', NO_PROXY: 'b.example, .example' }, 'good', /NO_PROXY/],
    ['https://a.example/x', { HTTPS_PROXY: 'http://p.example', NO_PROXY: 'a.example:8443' }, 'unknown', /through/],
  ])('on the proxy for %s with %j', ([url, env, tone, told]) => {
    const finding = environmentProxy(new URL(url), env);
    expect(finding.tone).toBe(tone);
    expect(finding.finding).toMatch(told);
    expect(JSON.stringify(finding)).not.toContain('secret');
  });
});

describe('the comparison', () => {
  const live = makeExchange({ kind: 'live', headers: nginx });
  const held = makeExchange({ kind: 'partial' });

  it.for<[MeasuredExchange, MeasuredExchange, string, RegExp]>([
    [live, live, 'good', /both paths are live/],
    [held, live, 'bad', /a part of this path alone/],
    [live, held, 'bad', /the other path is partial: a part of that path alone/],
    [held, held, 'bad', /neither is live/],
    [live, makeExchange({ kind: 'inconclusive' }), 'unknown', /longer one/],
    [live, makeExchange({ kind: 'live', ...none }), 'unknown', /the other path sent no event/],
    [makeExchange({ kind: 'live', ...none }), live, 'unknown', /this path sent no event/],
  ])('has a conclusion for each pair of verdicts', ([here, there, tone, conclusion]) => {
    const comparison = comparePaths(here, there);
    expect(comparison.tone).toBe(tone);
    expect(comparison.conclusion).toMatch(conclusion);
  });

  it('has the figures of both paths', () => {
    expect(comparePaths(live, held).rows).toEqual([
      ['verdict', 'live', 'partial'],
      ['events', '10', '10'],
      ['first event', '100 ms', '100 ms'],
      ['interval p50', '100 ms', '100 ms'],
      ['longest interval', '100 ms', '100 ms'],
      ['whole answer', '1000 ms', '1000 ms'],
      ['compressed', 'no', 'no'],
      ['server', 'nginx/1.22.1', 'not named'],
    ]);
  });
});
