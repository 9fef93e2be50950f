import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EmulatorOptions, resolveOptions } from './emulator-options.ts';
import { readScenario } from './scenario/choose-scenario.ts';
import { createScenarioProgress } from './scenario/scenario-progress.ts';
import type { EmulatorContext } from './server/emulator-context.ts';
import type { EmulatorRequest } from './server/emulator-request.ts';
import { handleRequest } from './server/handle-request.ts';
import { createRequestLog } from './server/request-log.ts';

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a path and without a slash at the end. */
  readonly url: string;
  /** What has arrived, oldest first, and what was done about it. Always the same array. */
  readonly requests: readonly EmulatorRequest[];
  /** Forgets the requests and begins every scenario again. Answers under way go on. */
  reset(): Promise<void>;
  /** Stops listening and drops every connection. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a server that speaks the Gemini API. Resolves when it listens. Rejects with a `TypeError` for options that
 * make no sense, and with Node's own error where the port is taken.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const resolved = resolveOptions(options);
  const context: EmulatorContext = {
    options: resolved,
    log: createRequestLog(),
    progress: createScenarioProgress(),
    scenario: resolved.scenario === undefined ? undefined : readScenario(resolved.scenario),
  };
  const server = createServer({ noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
    void handleRequest(request, response, context);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(resolved.port, resolved.host, () => resolve());
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${urlHost(resolved.host)}:${port}`,
    requests: context.log.requests,
    async reset() {
      context.log.clear();
      context.progress.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
