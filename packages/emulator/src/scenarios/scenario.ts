import type { Fault } from '../faults/faults.ts';
import { createRandom, hashText, type Random } from '../wire/random.ts';

/** The faults of one request, applied in this order. Without faults the answer is correct. */
export interface ScenarioStep {
  readonly faults: readonly Fault[];
}

/**
 * The listener of a scenario. All but `http` have an address of their own: TLS with a certificate of an unknown issuer,
 * an expired one, or one for another name; TLS that never answers; HTTP/2; a port that refuses, one that never answers,
 * and a name that does not exist.
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
  /** One sentence on what the client receives. */
  readonly description: string;
  /**
   * One step for each request; after the last step, the first again. Requests with different contents are counted
   * separately, for parallel tests.
   */
  readonly steps: readonly ScenarioStep[];
  /** `by-seed`: each request gets a step that its seed chooses. @defaultValue 'in-order' */
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
  /** The source of everything random about it. */
  readonly random: Random;
}

/** Returns the step for the request after `count` others of its conversation. */
export function chooseStep(scenario: Scenario | undefined, count: number, seed: number): ChosenStep {
  const random = createRandom(seed);
  if (scenario === undefined) return { faults: [], random };
  const isBySeed = scenario.pick === 'by-seed';
  const index = isBySeed ? Math.floor(random() * scenario.steps.length) : count % scenario.steps.length;
  const faults = scenario.steps[index]?.faults ?? [];
  return { faults: isBySeed ? faults.map((fault) => moveAround(fault, random)) : faults, random };
}

/** Returns the seed of one request: the given one, or a hash of the emulator's own and the conversation. */
export function seedOf(given: number | undefined, base: number, conversation: string, count: number): number {
  return given ?? hashText(`${base}\n${conversation}\n${count}`);
}

/** Moves a fault to a random position. */
function moveAround(fault: Fault, random: Random): Fault {
  return 'afterEvents' in fault && fault.afterEvents !== undefined && fault.afterEvents > 0
    ? { ...fault, afterEvents: 1 + Math.floor(random() * 6) }
    : fault;
}

/** With more conversations than this those longest unused are forgotten. */
const maxConversations = 10_000;

/** The number of requests that each conversation has made. */
export class ScenarioProgress {
  readonly #counts = new Map<string, number>();

  /** Counts a request. Returns the number of those before it. */
  next(conversation: string): number {
    const count = this.#counts.get(conversation) ?? 0;
    // Deleting first moves the conversation to the end: the order of the map is the order of use.
    this.#counts.delete(conversation);
    this.#counts.set(conversation, count + 1);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxConversations) break;
      this.#counts.delete(oldest);
    }
    return count;
  }

  /** Starts the conversations whose key begins with the prefix again; all of them without one. */
  clear(prefix = ''): void {
    for (const conversation of this.#counts.keys()) {
      if (conversation.startsWith(prefix)) this.#counts.delete(conversation);
    }
  }
}
