import type { ListenerKind, Scenario } from '../scenarios/scenario.ts';
import { findScenario } from '../scenarios/scenarios.ts';
import type { Certificate } from './certificate.ts';
import { createRefusingPort, createSilentPort, createUnansweredPort } from './dead-ends.ts';
import type { EmulatorContext, ListenerContext } from './emulator-context.ts';
import { certificates, createHttp2Listener, createHttpsListener, type Listener } from './http-listeners.ts';

/** The separate listeners of scenarios. Each opens when its URL is first requested. */
export class Listeners {
  readonly #open = new Map<string, Promise<Listener>>();
  #certificate: Certificate | undefined;

  /** Returns the URL of a scenario: a path of the main server, or the address of its own listener. */
  async urlOf(named: string | Scenario, context: EmulatorContext): Promise<string> {
    const scenario = typeof named === 'string' ? findScenario(named) : named;
    const kind = scenario.listener ?? 'http';
    if (kind === 'http') return `${context.origin()}/__scenario/${scenario.name}`;
    const opening =
      this.#open.get(scenario.name) ?? openListener(kind, this.certificate(), { ...context, ownScenario: scenario });
    this.#open.set(scenario.name, opening);
    return (await opening).url;
  }

  /** Returns the certificate of the listeners that lack only a known issuer. */
  certificate(): Certificate {
    return (this.#certificate ??= certificates.good());
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    await Promise.all(opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value.close()] : [])));
  }
}

/** `.invalid` is reserved for names that do not exist (RFC 6761). */
const unresolvable: Listener = { url: 'http://gemini.invalid', close: async () => {} };

/** Opens a listener. `good` is a certificate that lacks only a known issuer. */
function openListener(
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
