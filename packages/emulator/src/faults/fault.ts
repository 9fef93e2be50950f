import type { Answer } from '../answers/answer.ts';
import type { Random } from '../wire/random.ts';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import type { EventFormat, TimedChunk } from '../wire/response.ts';

/** Facts about a request that a fault can use. */
export interface FaultContext {
  readonly random: Random;
  /** The request target as the client sent it, including credentials: it must never be logged. */
  readonly target: string;
  /** `http(s)://host:port` that the client called. */
  readonly origin: string;
  /** The origin of the same emulator without TLS. */
  readonly plainOrigin: string;
}

/** Parameters of a fault. Each has a default, whose type is the type of the parameter. */
export type FaultParameters = Readonly<Record<string, number | string | boolean>>;

type Wide<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

/** The parameters of a fault, with the types of its defaults. */
export type Given<Parameters> = { readonly [Name in keyof Parameters]: Wide<Parameters[Name]> };

/** One fault: a change of the answer, of its chunks, of their frame, or of the status, headers and bytes of the reply. */
export interface FaultDefinition<Parameters extends FaultParameters> {
  /** One sentence for users of the fault. */
  readonly description: string;
  readonly defaults: Parameters;
  /** Set if the reply does not use the answer. Then no answer is composed, and no scripted reply is used up. */
  readonly replacesAnswer?: true | undefined;
  answer?(answer: Answer, parameters: Given<Parameters>, context: FaultContext): Answer;
  chunks?(chunks: Iterable<TimedChunk>, parameters: Given<Parameters>, context: FaultContext): Iterable<TimedChunk>;
  format?(format: EventFormat, parameters: Given<Parameters>, context: FaultContext): EventFormat;
  reply?(reply: Reply, parameters: Given<Parameters>, context: FaultContext): Reply;
}

/** Infers the types of the parameters from the defaults. */
export function defineFault<Parameters extends FaultParameters>(
  fault: FaultDefinition<Parameters>,
): FaultDefinition<Parameters> {
  return fault;
}

/** Yields the steps up to the first `count` writes, then the steps of `ending` instead of the rest of the body. */
export async function* stopAfter(
  body: WireSteps,
  count: number,
  ending: (next: Uint8Array | undefined) => Iterable<WireStep>,
): AsyncGenerator<WireStep> {
  let events = 0;
  for await (const step of body) {
    if (step.type === 'write' && events === count) {
      yield* ending(step.bytes);
      return;
    }
    if (step.type === 'write') events += 1;
    yield step;
  }
  // A shorter body gets the same ending.
  yield* ending(undefined);
}
