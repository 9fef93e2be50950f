import type { ListenerKind, Scenario, ScenarioStep } from './scenario.ts';

const fine: readonly ScenarioStep[] = [{ faults: [] }];
const at = (listener: ListenerKind, name: string, description: string, steps = fine): Scenario => ({
  name,
  description,
  listener,
  steps,
});

/** What goes wrong before there is a request, or needs a server of its own. Each has its own address. */
export const connectionScenarios: readonly Scenario[] = [
  at('refused', 'connection-refused', 'Nobody listens at the port.'),
  at('unanswered', 'connect-hangs', 'The port never answers a connection.'),
  at('unresolvable', 'name-not-found', 'The host name does not exist.'),
  at('https', 'tls-unknown-issuer', 'The certificate is signed by nobody known.'),
  at('https-expired', 'tls-expired', 'The certificate has expired.'),
  at('https-wrong-name', 'tls-wrong-name', 'The certificate is for another name.'),
  at('https-silent', 'tls-handshake-hangs', 'The connection opens, but TLS is never answered.'),
  at('https', 'redirect-https-to-http', '307 from https to http.', [
    { faults: [{ type: 'redirect', status: 307, to: 'plain-http' }] },
  ]),
  at('http2', 'http2', 'HTTP/2, and nothing wrong with it.'),
  at('http2', 'http2-reset', 'The HTTP/2 stream is reset after three events.', [
    { faults: [{ type: 'cut', how: 'reset' }] },
  ]),
];
