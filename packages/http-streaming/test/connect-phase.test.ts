import { expect, it } from 'vitest';
import { connectPhaseOf } from '../src/response-rules.ts';

const failure = (facts: object, message = 'failed'): Error => Object.assign(new Error(message), facts);

it.for<[string, unknown, string | undefined]>([
  ['an unknown name', failure({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'dns'],
  ['a name server that does not answer', failure({ code: 'EAI_AGAIN', syscall: 'getaddrinfo' }), 'dns'],
  ['a refused connection', failure({ code: 'ECONNREFUSED', syscall: 'connect' }), 'tcp'],
  [
    'several addresses, all refused',
    new AggregateError([failure({ syscall: 'connect' }), failure({ syscall: 'connect' })], ''),
    'tcp',
  ],
  ['an expired certificate', failure({ code: 'CERT_HAS_EXPIRED' }), 'tls'],
  ['a wrong name', failure({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'tls'],
  ['no common version', failure({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' }), 'tls'],
  [
    'a hang-up in the handshake',
    failure({ code: 'ECONNRESET' }, 'Client network socket disconnected before secure TLS connection was established'),
    'tls',
  ],
  ['a proxy that refuses', failure({}, 'Proxy response (403) !== 200 when HTTP Tunneling'), 'proxy'],
  ['a proxy that hangs up', failure({ code: 'UND_ERR_PRX_CONN' }), 'proxy'],
  ['something else', failure({ code: 'EWHATEVER' }), undefined],
  ['no error at all', 'oops', undefined],
])('finds the phase of %s', ([, error, phase]) => {
  expect(connectPhaseOf(error)).toBe(phase);
});
