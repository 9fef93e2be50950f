import { HttpStreamError, type HttpStreamErrorCode } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';

const failure = (code: string, facts: { readonly status?: number; readonly cause?: unknown } = {}): HttpStreamError =>
  new HttpStreamError(code as HttpStreamErrorCode, 'failed', { request: 'POST https://example.com/', ...facts });
const coded = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code });

describe('HttpStreamError.transient', () => {
  it.for(['connect-failed', 'connect-timeout', 'connection-lost'])('%s is transient', (code) => {
    expect(failure(code).transient).toBe(true);
  });

  it.for(['headers-timeout', 'idle-timeout', 'content-idle-timeout', 'total-timeout', 'not-event-stream', 'aborted'])(
    '%s is not transient',
    (code) => {
      expect(failure(code).transient).toBe(false);
    },
  );

  it.for<[number, boolean]>([
    [400, false],
    [401, false],
    [408, true],
    [429, true],
    [500, true],
    [501, false],
    [502, true],
    [503, true],
    [504, true],
  ])('bad-status %i is transient: %s', ([status, transient]) => {
    expect(failure('bad-status', { status }).transient).toBe(transient);
  });

  it.for<[string, boolean]>([
    ['ECONNREFUSED', true],
    ['ECONNRESET', true],
    ['ENOTFOUND', true],
    ['EPROTO', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
    ['CERT_HAS_EXPIRED', false],
    ['CERT_NOT_YET_VALID', false],
    ['CRL_HAS_EXPIRED', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', false],
    ['HOSTNAME_MISMATCH', false],
    ['INVALID_CA', false],
    ['INVALID_PURPOSE', false],
    ['PATH_LENGTH_EXCEEDED', false],
  ])('connect-failed because of %s is transient: %s', ([code, transient]) => {
    expect(failure('connect-failed', { cause: coded(code) }).transient).toBe(transient);
    expect(failure('connect-failed', { cause: coded('UND_ERR', coded(code)) }).transient).toBe(transient);
  });
});
