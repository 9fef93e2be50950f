import { describe, expect, it } from 'vitest';
import { comparePaths } from '../src/doctor/compare-paths.ts';
import { compression } from '../src/doctor/compression.ts';
import { diagnose } from '../src/doctor/diagnose.ts';
import { doctorTarget } from '../src/doctor/doctor-target.ts';
import { environmentProxy } from '../src/doctor/environment-proxy.ts';
import { keepAlive } from '../src/doctor/keep-alive.ts';
import { idleOf } from '../src/doctor/probe-idle.ts';
import { leavingOf } from '../src/doctor/probe-leaving.ts';
import type { MeasuredExchange } from '../src/timing/measure-event-stream.ts';
import { makeExchange } from './make-exchange.ts';

const question = { get: false, data: undefined, headers: [], model: undefined, prompt: 'hi', sendKey: false };
const target = doctorTarget('http://127.0.0.1:1', question, {});
const nginx = { server: 'nginx/1.22.1' };
const gzip = { 'content-encoding': 'gzip' };
const none = { events: [], verdict: makeExchange({ kind: 'inconclusive' }).verdict };

describe('the diagnosis', () => {
  it.for<[string, MeasuredExchange, RegExp, RegExp | undefined, RegExp | undefined]>([
    ['a live path', makeExchange({ kind: 'live' }), /is live/, undefined, undefined],
    [
      'a filling buffer of nginx',
      makeExchange({ kind: 'partial', cause: 'proxy-buffer', headers: nginx }),
      /in pieces/,
      /proxy's buffer/,
      /^nginx: proxy_http_version 1\.1/,
    ],
    [
      'a filling buffer of somebody',
      makeExchange({ kind: 'partial', cause: 'proxy-buffer' }),
      /in pieces/,
      /proxy's buffer/,
      /X-Accel-Buffering: no/,
    ],
    [
      'a compressor of nginx',
      makeExchange({ kind: 'buffered', cause: 'compression', headers: { ...gzip, ...nginx } }),
      /at once/,
      /compressor/,
      /^nginx: gzip off/,
    ],
    [
      'a compressor of somebody',
      makeExchange({ kind: 'buffered', cause: 'compression', headers: gzip }),
      /at once/,
      /compressor/,
      /^Flush the compressor/,
    ],
    [
      'a collected body',
      makeExchange({ kind: 'buffered', cause: 'collected-body', headers: { 'content-length': '900' } }),
      /at once/,
      /content-length/,
      /no content-length/,
    ],
    ['a body held by nobody knows whom', makeExchange({ kind: 'buffered' }), /at once/, undefined, /--compare/],
    [
      'pieces that are no pages',
      makeExchange({ kind: 'partial', headers: nginx }),
      /in pieces/,
      /proxy's buffer/,
      /^nginx: proxy_http_version 1\.1/,
    ],
    ['bursts', makeExchange({ kind: 'bursty' }), /In bursts/, undefined, /--compare/],
    ['a short answer', makeExchange({ kind: 'inconclusive' }), /Too short/, undefined, /longer answer/],
  ])('of %s names it, its cause where the wire tells, and what helps', ([, plain, headline, cause, cure]) => {
    const diagnosis = diagnose({ target, plain });
    expect(diagnosis.isLive).toBe(plain.verdict.kind === 'live');
    expect(diagnosis.headline).toMatch(headline);
    expect(diagnosis.cause ?? '').toMatch(cause ?? /^$/);
    expect(diagnosis.cure ?? '').toMatch(cure ?? /^$/);
    expect(diagnosis.evidence.join()).toContain('10 events in 10 deliveries');
  });

  it('is not live where only who offers no gzip gets a live answer', () => {
    const offered = makeExchange({ kind: 'buffered', cause: 'compression', headers: gzip });
    const diagnosis = diagnose({ target, plain: makeExchange({ kind: 'live' }), offered });
    expect(diagnosis).toMatchObject({
      isLive: false,
      tone: 'bad',
      headline: 'Live, but buffered for clients that offer gzip',
    });
    expect(diagnosis.cure).toMatch(/^Flush/);
  });

  it('asks for no other path where one was asked', () => {
    const plain = makeExchange({ kind: 'buffered' });
    expect(diagnose({ target, plain, isCompared: true }).cure).toBeUndefined();
  });

  it('stays live where the second answer came in bursts, for which no compressor is to blame', () => {
    const offered = makeExchange({ kind: 'bursty', headers: gzip });
    expect(diagnose({ target, plain: makeExchange({ kind: 'live' }), offered }).isLive).toBe(true);
  });

  it.for([
    [403, /--send-key/],
    [404, /--get/],
    [500, /^$/],
  ] as const)('of a refusal with %d says what may be missing', ([status, cure]) => {
    const end = {
      status: 'failed',
      error: { code: 'bad-status', message: `the server answered ${status}`, status },
    } as const;
    const diagnosis = diagnose({ target, plain: makeExchange({ kind: 'inconclusive', ...none, end, status }) });
    expect(diagnosis).toMatchObject({ isLive: false, headline: 'No event came', explanation: end.error.message });
    expect(diagnosis.cure ?? '').toMatch(cure);
  });

  it('of silence says that nobody answered', () => {
    const plain = { ...makeExchange({ kind: 'inconclusive', ...none }), response: undefined };
    expect(diagnose({ target, plain })).toMatchObject({ headline: 'Nobody answered', evidence: [] });
  });
});

describe('the finding', () => {
  const plain = makeExchange({ kind: 'live' });

  it.for<[string, ReturnType<typeof keepAlive>, string, RegExp]>([
    ['the same connection', keepAlive(plain, true), 'good', /same connection/],
    ['a new connection', keepAlive(plain, false), 'bad', /could have been kept/],
    [
      'an answer that closes',
      keepAlive(makeExchange({ kind: 'live', bodyEnd: 'close' }), false),
      'bad',
      /closing its connection/,
    ],
    [
      'an answer that broke off',
      keepAlive(makeExchange({ kind: 'live', end: { status: 'stopped' } }), false),
      'unknown',
      /did not end by itself/,
    ],
    ['no second request', keepAlive(plain, undefined), 'unknown', /not sent/],
    ['no compression', compression(plain, plain), 'good', /nobody compresses/],
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
    ['one that was done', leavingOf({ closedAt: 1_050, closedBy: 'server' }, 1_000), 'unknown', /over before/],
    ['one that went on', leavingOf({ closedAt: 3_000, closedBy: 'server' }, 1_000), 'bad', /went on to the end/],
    ['one that still goes on', leavingOf({}, 1_000), 'bad', /still generates/],
  ])('of %s', ([, finding, tone, told]) => {
    expect(finding.tone).toBe(tone);
    expect(finding.finding).toMatch(told);
    expect(finding.cure === undefined).toBe(tone !== 'bad');
  });

  it.for<[string, Partial<MeasuredExchange>, string, RegExp]>([
    [
      'that nobody cuts',
      { end: { status: 'failed', error: { code: 'idle-timeout', message: '' } } },
      'good',
      /30 s without a byte, and nobody cut/,
    ],
    [
      'that is cut',
      { end: { status: 'failed', error: { code: 'connection-lost', message: '', status: 200 } }, endedMs: 11_000 },
      'bad',
      /after 10 s without a byte somebody cut the connection/,
    ],
    [
      'that a gateway gives up',
      { ...none, end: { status: 'failed', error: { code: 'bad-status', message: '', status: 504 } }, endedMs: 20_000 },
      'bad',
      /after 20 s without a byte somebody answered 504/,
    ],
    ['that never was', { endedMs: 1_400 }, 'unknown', /never silent for 30 s; its longest silence, 400 ms/],
  ])('of a silence %s', ([, facts, tone, told]) => {
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
  ])('of the proxy before %s with %j', ([url, env, tone, told]) => {
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
    [held, live, 'bad', /this one alone holds it back/],
    [live, held, 'bad', /the other path is partial: what stands on it alone/],
    [held, held, 'bad', /neither is live/],
    [live, makeExchange({ kind: 'inconclusive' }), 'unknown', /longer one/],
    [live, makeExchange({ kind: 'live', ...none }), 'unknown', /the other path gave no event/],
    [makeExchange({ kind: 'live', ...none }), live, 'unknown', /this path gave no event/],
  ])('concludes from two verdicts', ([here, there, tone, conclusion]) => {
    const comparison = comparePaths(here, there);
    expect(comparison.tone).toBe(tone);
    expect(comparison.conclusion).toMatch(conclusion);
  });

  it('has the figures of both side by side', () => {
    expect(comparePaths(live, held).rows).toEqual([
      ['verdict', 'live', 'partial'],
      ['events', '10', '10'],
      ['first event', '100 ms', '100 ms'],
      ['interval p50', '100 ms', '100 ms'],
      ['interval p95', '100 ms', '100 ms'],
      ['whole answer', '1000 ms', '1000 ms'],
      ['compressed', 'no', 'no'],
      ['server', 'nginx/1.22.1', 'does not say'],
    ]);
  });
});
