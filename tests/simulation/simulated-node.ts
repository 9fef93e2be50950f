import { type BreakName, breakClient } from './breaks.ts';
import { createGemini, type Gemini, type GeminiOptions } from '@gemini/client';
import { time } from './install.ts';
import type { Network } from './network.ts';
import type { NodePlan } from './plan.ts';
import type { ProcessLog, SharedLog } from './shared-log.ts';
import type { StreamCheck } from './stream-check.ts';
import { asOwner, currentOwner, type Owner } from './virtual-time.ts';

/** Every process of this run has an address of its own, of the same length, so that requests have the same bytes. */
let addressesCount = 0;

function nextAddress(): string {
  const count = addressesCount;
  addressesCount += 1;
  return [
    127,
    100 + (Math.floor(count / 10_000) % 100),
    100 + (Math.floor(count / 100) % 100),
    100 + (count % 100),
  ].join('.');
}

const limits: Readonly<Record<NodePlan['limits'], GeminiOptions>> = {
  production: {},
  tight: {
    connectTimeoutMs: 500,
    headersTimeoutMs: 3_000,
    idleTimeoutMs: 1_500,
    contentIdleTimeoutMs: 10_000,
    firstContentTimeoutMs: 10_000,
    retry: { maxAttempts: 3, baseDelayMs: 30 },
  },
};

/** One process: a client with its manager, its log and its address. */
export class SimulatedNode {
  readonly owner: Owner;
  readonly address = nextAddress();
  readonly plan: NodePlan;
  /** Set when the process has been closed on purpose. */
  isClosing = false;
  readonly #log: ProcessLog;
  readonly gemini: Gemini;

  constructor(name: string, plan: NodePlan, log: SharedLog, broken: BreakName | undefined) {
    this.owner = { name, isDead: false };
    this.plan = plan;
    this.#log = log.open(this.owner, 0.5);
    this.gemini = currentOwner.run(this.owner, () =>
      createGemini({
        ...limits[plan.limits],
        baseUrl: `http://${this.address}:80`,
        apiKey: 'simulation',
        streamLog: () => this.#log,
        manager: {
          maxLagEvents: plan.maxLagEvents,
          maxHistoryBytes: plan.maxHistoryBytes,
          maxStreams: plan.maxStreams,
        },
      }),
    );
    if (broken !== undefined) breakClient(this.gemini, this.address, broken);
  }

  /** Whether streams can be started here. */
  get isUp(): boolean {
    return !this.owner.isDead && !this.isClosing;
  }

  /** Runs something as code of this process. */
  do(callback: () => void): void {
    asOwner(this.owner, callback);
  }

  /** Runs something asynchronous as code of this process. If the process dies, the promise never settles. */
  run<Value>(callback: () => Promise<Value>): Promise<Value> {
    return currentOwner.run(this.owner, callback);
  }

  kill(network: Network, death: 'closed' | 'silent'): void {
    this.#log.kill();
    this.owner.isDead = true;
    network.kill(this.owner, death);
    for (const timer of time.timers) if (timer.owner === this.owner) timer.close();
  }

  /** The client's options of a stream. */
  optionsOf({ plan }: StreamCheck, scenario: string): NonNullable<Parameters<Gemini['startStream']>[1]> {
    const { maxAttempts, restart, models, emptyAnswer, keepContent, totalTimeoutMs, firstContentTimeoutMs, stream } =
      plan;
    return {
      model: models === 1 ? 'gemini-2.5-flash' : ['gemini-2.5-pro', 'gemini-2.5-flash'],
      headers: { 'x-emulator-scenario': scenario, 'x-simulated-stream': `${stream}` },
      retry: { maxAttempts, baseDelayMs: this.plan.limits === 'tight' ? 30 : 500 },
      restart,
      emptyAnswer,
      keepContent,
      totalTimeoutMs,
      firstContentTimeoutMs,
    };
  }
}
