import type { faults } from '../faults/faults.ts';

type FaultTable = typeof faults;
type ParametersOf<Name extends keyof FaultTable> = FaultTable[Name]['defaults'];

/** A fault with those of its parameters that differ from the defaults. */
export type Fault = {
  [Name in keyof FaultTable]: { readonly type: Name } & {
    readonly [Key in keyof ParametersOf<Name>]?: ParametersOf<Name>[Key] | undefined;
  };
}[keyof FaultTable];

/** What happens to one request: the faults, applied in this order. */
export interface ScenarioStep {
  readonly faults: readonly Fault[];
}

/** How a server behaves, as data: typed here, and the same as a JSON file. */
export interface Scenario {
  readonly name: string;
  /** One sentence: what the client meets. */
  readonly description: string;
  /** One step a request; after the last one it begins again. Requests for different prompts are counted apart. */
  readonly steps: readonly ScenarioStep[];
}
