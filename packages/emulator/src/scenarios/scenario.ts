import type { Fault } from '../faults/faults.ts';
import { createRandom, hashText, type Random } from '../wire/random.ts';

/** The faults of one request, applied in this order. Without faults the answer is correct. */
export interface ScenarioStep {
  readonly faults: readonly Fault[];
}

/**
 * The kind of server that a scenario needs. All but `http` have their own address: TLS with a certificate that has an
 * unknown issuer, has expired, or is for another name; TLS that never answers; HTTP/2; a port that refuses connections,
 * a port that never accepts one, and a host name that does not exist.
 */
export type ListenerKind =
  | 'http'
  | 'https'
  | 'https-expired'
  | 'https-wrong-name'
  | 'https-silent'
  | 'http2'
  | 'refused'
  | 'unanswered'
  | 'unresolvable';

/** The behaviour of a server as data, in code or as a JSON file. */
export interface Scenario {
  readonly name: string;
  /** One sentence about the response that the client receives. */
  readonly description: string;
  /**
   * One step for each request. After the last step the scenario starts again. Requests with different contents are
   * counted separately, for parallel tests.
   */
  readonly steps: readonly ScenarioStep[];
  /** `by-seed`: the seed of each request chooses its step. @defaultValue 'in-order' */
  readonly pick?: 'in-order' | 'by-seed' | undefined;
  /** @defaultValue 'http' */
  readonly listener?: ListenerKind | undefined;
}

/** Returns a scenario with the same faults for every request. */
export function oneStep(name: string, description: string, ...faults: readonly Fault[]): Scenario {
  return { name, description, steps: [{ faults }] };
}

/** The step of a scenario for one request. */
export interface ChosenStep {
  readonly faults: readonly Fault[];
  /** The source of all random choices for this request. */
  readonly random: Random;
}

/** Returns the step for a request that follows `count` others in its conversation. */
export function chooseStep(scenario: Scenario | undefined, count: number, seed: number): ChosenStep {
  const random = createRandom(seed);
  if (scenario === undefined) return { faults: [], random };
  const isBySeed = scenario.pick === 'by-seed';
  const index = isBySeed ? Math.floor(random() * scenario.steps.length) : count % scenario.steps.length;
  const faults = scenario.steps[index]?.faults ?? [];
  return { faults: isBySeed ? faults.map((fault) => moveAround(fault, random)) : faults, random };
}

/** Returns the seed of a request: the given seed, or a hash of the emulator's seed, the conversation and the count. */
export function seedOf(given: number | undefined, base: number, conversation: string, count: number): number {
  return given ?? hashText(`${base}\n${conversation}\n${count}`);
}

/** Moves a fault to a random position. */
function moveAround(fault: Fault, random: Random): Fault {
  return 'afterEvents' in fault && fault.afterEvents !== undefined && fault.afterEvents > 0
    ? { ...fault, afterEvents: 1 + Math.floor(random() * 6) }
    : fault;
}

/** Above this number of conversations, the least recently used are dropped. */
const maxConversations = 10_000;

/** Counts the requests of each conversation. */
export class ScenarioProgress {
  readonly #counts = new Map<string, number>();

  /** Counts a request and returns the number of requests before it. */
  next(conversation: string): number {
    const count = this.#counts.get(conversation) ?? 0;
    // Deleting it first moves the conversation to the end, so the map is in order of last use.
    this.#counts.delete(conversation);
    this.#counts.set(conversation, count + 1);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxConversations) break;
      this.#counts.delete(oldest);
    }
    return count;
  }

  /** Resets the conversations whose key begins with the prefix, or all of them without a prefix. */
  clear(prefix = ''): void {
    for (const conversation of this.#counts.keys()) {
      if (conversation.startsWith(prefix)) this.#counts.delete(conversation);
    }
  }
}
