import { describe, expect, it } from 'vitest';
import { diagnose } from '../src/doctor/diagnose.ts';
import { doctorTarget } from '../src/doctor/target.ts';
import type { MeasuredExchange } from '../src/measure/measure-event-stream.ts';
import { makeExchange } from './make-exchange.ts';

const question = {
  get: false,
  data: undefined,
  headers: [],
  model: undefined,
  isInteraction: false,
  prompt: 'hi',
  sendKey: false,
};
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
      'a proxy buffer of an unknown server',
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
      'a compressor of an unknown server',
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
    [
      'a body that an unknown part of the path delays',
      makeExchange({ kind: 'buffered' }),
      /at once/,
      undefined,
      /--compare/,
    ],
    [
      'pieces that are no pages',
      makeExchange({ kind: 'partial', headers: nginx }),
      /in pieces/,
      /proxy's buffer/,
      /^nginx: proxy_http_version 1\.1/,
    ],
    ['bursts', makeExchange({ kind: 'bursty' }), /In bursts/, undefined, /--compare/],
    ['a short answer', makeExchange({ kind: 'inconclusive' }), /Too short/, undefined, /longer answer/],
  ])('of %s has a headline, the cause if the wire shows it, and the fix', ([, plain, headline, cause, fix]) => {
    const diagnosis = diagnose({ target, plain });
    expect(diagnosis.isLive).toBe(plain.verdict.kind === 'live');
    expect(diagnosis.headline).toMatch(headline);
    expect(diagnosis.cause ?? '').toMatch(cause ?? /^$/);
    expect(diagnosis.fix ?? '').toMatch(fix ?? /^$/);
    expect(diagnosis.evidence.join()).toContain('10 events in 10 deliveries');
  });

  it('is not live if only clients that offer no gzip get a live answer', () => {
    const offered = makeExchange({ kind: 'buffered', cause: 'compression', headers: gzip });
    const diagnosis = diagnose({ target, plain: makeExchange({ kind: 'live' }), offered });
    expect(diagnosis).toMatchObject({
      isLive: false,
      tone: 'bad',
      headline: 'Live, but buffered for clients that offer gzip',
    });
    expect(diagnosis.fix).toMatch(/^Flush/);
  });

  it('does not suggest --compare if another path was measured', () => {
    const plain = makeExchange({ kind: 'buffered' });
    expect(diagnose({ target, plain, isCompared: true }).fix).toBeUndefined();
  });

  it('stays live if the second answer came in bursts, which no compressor causes', () => {
    const offered = makeExchange({ kind: 'bursty', headers: gzip });
    expect(diagnose({ target, plain: makeExchange({ kind: 'live' }), offered }).isLive).toBe(true);
  });

  it.for([
    [403, /--send-key/],
    [404, /--get/],
    [500, /^$/],
  ] as const)('of a refusal with %d says what may be missing', ([status, fix]) => {
    const end = {
      status: 'failed',
      error: { code: 'bad-status', message: `the server answered ${status}`, status },
    } as const;
    const diagnosis = diagnose({ target, plain: makeExchange({ kind: 'inconclusive', ...none, end, status }) });
    expect(diagnosis).toMatchObject({ isLive: false, headline: 'No event arrived', explanation: end.error.message });
    expect(diagnosis.fix ?? '').toMatch(fix);
  });

  it('reports no response if the server is silent', () => {
    const plain = { ...makeExchange({ kind: 'inconclusive', ...none }), response: undefined };
    expect(diagnose({ target, plain })).toMatchObject({ headline: 'No response', evidence: [] });
  });
});
