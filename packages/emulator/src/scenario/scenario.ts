import type { Given } from '../faults/define-fault.ts';
import type { faults } from '../faults/faults.ts';

type FaultTable = typeof faults;
type ParametersOf<Name extends keyof FaultTable> = Given<FaultTable[Name]['defaults']>;

/** A fault with those of its parameters that differ from the defaults. */
export type Fault = {
  [Name in keyof FaultTable]: { readonly type: Name } & {
    readonly [Key in keyof ParametersOf<Name>]?: ParametersOf<Name>[Key] | undefined;
  };
}[keyof FaultTable];

/** What happens to one request: the faults, applied in this order. None: the answer is as it should be. */
export interface ScenarioStep {
  readonly faults: readonly Fault[];
}

/**
 * What a scenario listens with. All but `http` have an address of their own: TLS with a certificate that nobody knows,
 * that has expired, or that is for another name; TLS that never answers; HTTP/2; a port that refuses, one that never
 * answers, and a name that does not exist.
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

/** How a server behaves, as data: typed here, and the same as a JSON file. */
export interface Scenario {
  readonly name: string;
  /** One sentence: what the client meets. */
  readonly description: string;
  /**
   * One step a request, after the last one from the beginning again. Requests with different contents are counted
   * apart, so that parallel tests do not meet.
   */
  readonly steps: readonly ScenarioStep[];
  /** `by-seed`: each request gets a step that its seed chooses. @defaultValue 'in-order' */
  readonly pick?: 'in-order' | 'by-seed' | undefined;
  /** @defaultValue 'http' */
  readonly listener?: ListenerKind | undefined;
}
