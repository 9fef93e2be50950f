import type { ListenerKind } from '../scenario/scenario.ts';
import type { Certificate } from './certificate.ts';
import { createRefusingPort, createSilentPort, createUnansweredPort } from './dead-ends.ts';
import type { ListenerContext } from './emulator-context.ts';
import type { Listener } from './http-listener.ts';
import { certificates, createHttp2Listener, createHttpsListener } from './tls-listener.ts';

/** `.invalid` is reserved for names that do not exist (RFC 6761). */
const unresolvable: Listener = { url: 'http://gemini.invalid', close: async () => {} };

/** Opens what a scenario listens with; `good` is the certificate of the listeners that only lack an issuer. */
export function openListener(
  kind: Exclude<ListenerKind, 'http'>,
  good: Certificate,
  context: ListenerContext,
): Promise<Listener> {
  switch (kind) {
    case 'https':
      return createHttpsListener(good, context);
    case 'https-expired':
      return createHttpsListener(certificates.expired(), context);
    case 'https-wrong-name':
      return createHttpsListener(certificates.wrongName(), context);
    case 'https-silent':
      return createSilentPort();
    case 'http2':
      return createHttp2Listener(good, context);
    case 'refused':
      return createRefusingPort();
    case 'unanswered':
      return createUnansweredPort();
    case 'unresolvable':
      return Promise.resolve(unresolvable);
  }
}
