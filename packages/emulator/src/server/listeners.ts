import type { ListenerKind, Scenario } from '../scenarios/scenario.ts';
import { findScenario } from '../scenarios/scenarios.ts';
import type { Certificate } from './certificate.ts';
import { createRefusingPort, createSilentPort, createUnansweredPort } from './dead-ends.ts';
import type { EmulatorContext, ListenerContext } from './emulator-context.ts';
import { certificates, createHttp2Listener, createHttpsListener, type Listener } from './http-listeners.ts';

/** The listeners of the scenarios that need one of their own, opened when first asked for. */
export interface Listeners {
  /** Where a scenario is met: a path of the main server, or an address of its own. */
  urlOf(scenario: string | Scenario, context: EmulatorContext): Promise<string>;
  /** PEM of the certificate that good TLS is served with. */
  certificate(): string;
  close(): Promise<void>;
}

/** No listener is open. */
export function createListeners(): Listeners {
  const open = new Map<string, Promise<Listener>>();
  let good: Certificate | undefined;
  const certificate = (): Certificate => (good ??= certificates.good());
  return {
    async urlOf(asked, context) {
      const scenario = typeof asked === 'string' ? findScenario(asked) : asked;
      const kind = scenario.listener ?? 'http';
      if (kind === 'http') return `${context.origin()}/__scenario/${scenario.name}`;
      const opening =
        open.get(scenario.name) ?? openListener(kind, certificate(), { ...context, ownScenario: scenario });
      open.set(scenario.name, opening);
      return (await opening).url;
    },
    certificate: () => certificate().cert,
    async close() {
      const opened = await Promise.allSettled(open.values());
      open.clear();
      await Promise.all(opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value.close()] : [])));
    },
  };
}

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
