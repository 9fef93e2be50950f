import type { Answer } from '../answers/answer.ts';
import type { Random } from '../wire/random.ts';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import type { EventFormat, TimedChunk } from '../wire/response.ts';

/** What a fault may use besides its own parameters. */
export interface FaultContext {
  readonly random: Random;
  /** The request target as the client sent it, credentials included: never to be logged. */
  readonly target: string;
  /** `http(s)://host:port` of the server that was asked. */
  readonly origin: string;
  /** The same emulator without TLS. */
  readonly plainOrigin: string;
}

/** The values a fault can be given; each has a default, whose type is the parameter's type. */
export type FaultParameters = Readonly<Record<string, number | string | boolean>>;

type Wide<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

/** The parameters a fault is given: of the types of its defaults. */
export type Given<Parameters> = { readonly [Name in keyof Parameters]: Wide<Parameters[Name]> };

/** One way in which an answer goes wrong: a change of what is said, of its chunks, of their frame, or of the bytes and what surrounds them. */
export interface FaultDefinition<Parameters extends FaultParameters> {
  /** One sentence for people: what the client meets. */
  readonly description: string;
  readonly defaults: Parameters;
  /** True where the reply takes nothing from the answer: then none is made, and no script moves on. */
  readonly replacesAnswer?: true | undefined;
  answer?(answer: Answer, parameters: Given<Parameters>, context: FaultContext): Answer;
  chunks?(chunks: Iterable<TimedChunk>, parameters: Given<Parameters>, context: FaultContext): Iterable<TimedChunk>;
  format?(format: EventFormat, parameters: Given<Parameters>, context: FaultContext): EventFormat;
  reply?(reply: Reply, parameters: Given<Parameters>, context: FaultContext): Reply;
}

/** Names the type of a fault's parameters by its defaults. */
export function defineFault<Parameters extends FaultParameters>(
  fault: FaultDefinition<Parameters>,
): FaultDefinition<Parameters> {
  return fault;
}

/** The steps up to and with the first `count` writes; then those of `ending`, and nothing more of the body. */
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
  // A body with no more events than that gets its ending too.
  yield* ending(undefined);
}
