import { createServer, type Server } from 'node:http';
import { type EmulatorRequest } from '@gemini/emulator';
import type { Pace } from '@gemini/emulator';
import { Script } from '../../packages/emulator/src/answers/script.ts';
import { Continuations } from '../../packages/emulator/src/answers/stream-answer.ts';
import { resolveOptions } from '../../packages/emulator/src/emulator-options.ts';
import { InteractionStore } from '../../packages/emulator/src/interactions/interaction-store.ts';
import { ScenarioProgress } from '../../packages/emulator/src/scenarios/scenario.ts';
import type { EmulatorContext } from '../../packages/emulator/src/server/emulator-context.ts';
import { handleRequest } from '../../packages/emulator/src/server/handle-request.ts';
import { RequestLog } from '../../packages/emulator/src/server/request-log.ts';
import type { VirtualSocket } from './virtual-socket.ts';

/** The emulator behind Node's own HTTP server, which gets its connections from the simulated network. */
export interface SimulatedServer {
  readonly requests: readonly EmulatorRequest[];
  accept(socket: VirtualSocket): void;
}

export function createSimulatedServer({
  seed,
  pace,
  keepAliveTimeoutMs,
}: {
  readonly seed: number;
  readonly pace: Pace;
  readonly keepAliveTimeoutMs: number;
}): SimulatedServer {
  const context: EmulatorContext = {
    options: resolveOptions({ seed, pace }),
    log: new RequestLog(),
    progress: new ScenarioProgress(),
    script: new Script([]),
    continuations: new Continuations(),
    interactions: new InteractionStore(),
    interactionTokens: new Continuations(),
    recorder: undefined,
    player: undefined,
    scenario: undefined,
    origin: () => 'http://127.0.0.1',
    urlOf: () => Promise.reject(new TypeError('the simulation has one address')),
  };
  // Node measures its own limits by the real clock.
  const server: Server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: keepAliveTimeoutMs });
  server.on('request', (request, response) => {
    response.sendDate = false;
    void handleRequest(request, response, context);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return {
    requests: context.log.requests,
    accept: (socket) => void server.emit('connection', socket),
  };
}
