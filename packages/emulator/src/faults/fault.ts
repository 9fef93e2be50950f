import type { Answer } from '../answers/answer.ts';
import type { InteractionAnswer } from '../interactions/stream-interaction.ts';
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
  /** The API that answers: their errors differ. */
  readonly api: 'generate-content' | 'interactions';
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
  interaction?(answer: InteractionAnswer, parameters: Given<Parameters>): InteractionAnswer;
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

/**
 * Yields the steps up to the first `count` events, then the steps of `ending` instead of the rest of the body. Of an
 * interaction, the deltas with content count: they are the chunks of the other API.
 */
export async function* stopAfter(
  body: WireSteps,
  count: number,
  { api }: Pick<FaultContext, 'api'>,
  ending: (next: Uint8Array | undefined) => Iterable<WireStep>,
): AsyncGenerator<WireStep> {
  let events = 0;
  for await (const step of body) {
    const isCounted = step.type === 'write' && (count === 0 || isContent(step.bytes, api));
    if (step.type === 'write' && isCounted && events === count) {
      yield* ending(step.bytes);
      return;
    }
    if (isCounted) events += 1;
    yield step;
  }
  // A shorter body gets the same ending.
  yield* ending(undefined);
}

function isContent(bytes: Uint8Array, api: FaultContext['api']): boolean {
  if (api === 'generate-content') return true;
  const event = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // An error, or a piece of an event.
  if (!event.includes('"event_type"')) return true;
  return event.includes('"step.delta"') && !event.includes('"thought_signature"');
}

/** Yields the steps up to a number of bytes, then the steps of `ending` instead of the rest of the body. */
export async function* stopAfterBytes(
  body: WireSteps,
  count: number,
  ending: () => Iterable<WireStep>,
): AsyncGenerator<WireStep> {
  let left = count;
  for await (const step of body) {
    if (step.type !== 'write' || step.bytes.byteLength < left) {
      if (step.type === 'write') left -= step.bytes.byteLength;
      yield step;
      continue;
    }
    yield { type: 'write', bytes: step.bytes.subarray(0, left) };
    break;
  }
  yield* ending();
}
