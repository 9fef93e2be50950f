import { findScenario } from '../scenario/check-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Certificate } from './certificate.ts';
import type { EmulatorContext } from './emulator-context.ts';
import type { Listener } from './http-listener.ts';
import { openListener } from './open-listener.ts';
import { certificates } from './tls-listener.ts';

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
