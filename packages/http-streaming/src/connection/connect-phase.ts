/** How far a connection got that was never made. */
export type ConnectPhase = 'dns' | 'tcp' | 'tls' | 'proxy';

/** Which step of making a connection an error of Node or undici speaks of; `undefined` when it does not say. */
export function connectPhaseOf(error: unknown): ConnectPhase | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, errors } = error as { code?: unknown; syscall?: unknown; errors?: unknown };
  const name = typeof code === 'string' ? code : '';
  if (/^proxy /i.test(error.message) || name.startsWith('UND_ERR_PRX')) return 'proxy';
  if (syscall === 'getaddrinfo' || /^E(?:AI_|NOTFOUND)/.test(name)) return 'dns';
  // OpenSSL's and Node's names, and a connection that ended during the handshake.
  const isTls = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;
  if (isTls.test(name) || /secure TLS connection/.test(error.message)) return 'tls';
  if (syscall === 'connect' || name === 'UND_ERR_CONNECT_TIMEOUT') return 'tcp';
  // Several addresses were tried: the last one speaks for all.
  return Array.isArray(errors) ? connectPhaseOf(errors.at(-1)) : undefined;
}
