import type { Answer } from '../answers/answer.ts';
import type { InteractionAnswer } from '../interactions/stream-interaction.ts';
import type { Reply } from '../wire/reply.ts';
import type { EventFormat, TimedChunk } from '../wire/response.ts';
import {
  afterEnd,
  badJson,
  brokenChunk,
  closeDelimited,
  contentLength,
  cut,
  errorEvent,
  unterminated,
} from './ending-faults.ts';
import {
  bareLastChunk,
  blockedPrompt,
  checkpoints,
  continuation,
  eventIds,
  finishReason,
  largePart,
  manyPieces,
  moreCandidates,
  signedEmptyText,
} from './event-faults.ts';
import type { FaultContext, FaultDefinition, FaultParameters, Given } from './fault.ts';
import {
  arrayBody,
  byteOrderMark,
  eventLines,
  lineEnds,
  prettyData,
  randomSplits,
  sentinel,
  splitInside,
  splitWrites,
  tightData,
} from './frame-faults.ts';
import { buffered, byteBuffer, flood, gzip, keepAlive, pause, silence } from './timing-faults.ts';
import { emptyBody, errorStatus, htmlPage, redirect, setHeader } from './response-faults.ts';

/** Every fault by its name. */
export const faults = {
  'after-end': afterEnd,
  'array-body': arrayBody,
  'bad-json': badJson,
  'bare-last-chunk': bareLastChunk,
  'blocked-prompt': blockedPrompt,
  'broken-chunk': brokenChunk,
  buffered,
  'byte-buffer': byteBuffer,
  'byte-order-mark': byteOrderMark,
  checkpoints,
  'close-delimited': closeDelimited,
  'content-length': contentLength,
  continuation,
  cut,
  'empty-body': emptyBody,
  'error-event': errorEvent,
  'error-status': errorStatus,
  'event-ids': eventIds,
  'event-lines': eventLines,
  'finish-reason': finishReason,
  flood,
  gzip,
  'html-page': htmlPage,
  'keep-alive': keepAlive,
  'large-part': largePart,
  'line-ends': lineEnds,
  'many-pieces': manyPieces,
  'more-candidates': moreCandidates,
  pause,
  'pretty-data': prettyData,
  'random-splits': randomSplits,
  redirect,
  sentinel,
  'set-header': setHeader,
  'signed-empty-text': signedEmptyText,
  silence,
  'split-inside': splitInside,
  'split-writes': splitWrites,
  'tight-data': tightData,
  unterminated,
} as const;

type FaultTable = typeof faults;
type ParametersOf<Name extends keyof FaultTable> = Given<FaultTable[Name]['defaults']>;

/** A fault by its `type`, with the parameters that differ from its defaults. */
export type Fault = {
  [Name in keyof FaultTable]: { readonly type: Name } & {
    readonly [Key in keyof ParametersOf<Name>]?: ParametersOf<Name>[Key] | undefined;
  };
}[keyof FaultTable];

// `Fault` has typed parameters for each fault. Here they are looked up by name, so `resolveFault` checks them.
const table: Readonly<Record<string, FaultDefinition<FaultParameters>>> = faults;

/**
 * Returns the definition of a fault, and its parameters with the defaults filled in.
 * @throws TypeError for an unknown fault or parameter, and for a wrong value
 */
export function resolveFault(fault: Fault): {
  definition: FaultDefinition<FaultParameters>;
  parameters: FaultParameters;
} {
  const { type, ...given } = fault;
  const definition = Object.hasOwn(table, type) ? table[type] : undefined;
  if (definition === undefined)
    throw new TypeError(`fault: expected one of ${Object.keys(table).join(', ')}, got ${type}`);
  const parameters: Record<string, number | string | boolean> = { ...definition.defaults };
  for (const [name, value] of Object.entries(given)) {
    const standard = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (standard === undefined) {
      throw new TypeError(
        `fault ${type}: expected one of ${Object.keys(parameters).join(', ') || 'no parameters'}, got ${name}`,
      );
    }
    if (value === undefined) continue;
    if (typeof value !== typeof standard || (typeof value === 'number' && !(value >= 0))) {
      throw new TypeError(`fault ${type}, ${name}: expected a ${typeof standard}, got ${String(value)}`);
    }
    parameters[name] = value;
  }
  return { definition, parameters };
}

/** Applies the faults to an answer. */
export function applyToAnswer(list: readonly Fault[], answer: Answer, context: FaultContext): Answer {
  return fold(list, answer, (definition, parameters, value) => definition.answer?.(value, parameters, context));
}

/** Applies the faults to the steps of an interaction. */
export function applyToInteraction(list: readonly Fault[], answer: InteractionAnswer): InteractionAnswer {
  return fold(list, answer, (definition, parameters, value) => definition.interaction?.(value, parameters));
}

/** Applies the faults to the chunks of an answer. */
export function applyToChunks(
  list: readonly Fault[],
  chunks: Iterable<TimedChunk>,
  context: FaultContext,
): Iterable<TimedChunk> {
  return fold(list, chunks, (definition, parameters, value) => definition.chunks?.(value, parameters, context));
}

/** Applies the faults to the encoding of the events. */
export function applyToFormat(list: readonly Fault[], format: EventFormat, context: FaultContext): EventFormat {
  return fold(list, format, (definition, parameters, value) => definition.format?.(value, parameters, context));
}

/** Applies the faults to the status, headers and bytes of a reply. */
export function applyToReply(list: readonly Fault[], reply: Reply, context: FaultContext): Reply {
  return fold(list, reply, (definition, parameters, value) => {
    const changed = definition.reply?.(value, parameters, context);
    return changed === undefined ? undefined : withoutStaleLength(value, changed);
  });
}

/** Returns whether one of the faults replaces the answer of the model. */
export function replacesAnswer(list: readonly Fault[]): boolean {
  return list.some((fault) => resolveFault(fault).definition.replacesAnswer === true);
}

/** Removes the `content-length` of a body that was replaced. */
function withoutStaleLength(before: Reply, after: Reply): Reply {
  const { 'content-length': length, ...headers } = after.headers;
  if (before.body === after.body || length === undefined || length !== before.headers['content-length']) return after;
  return { ...after, headers };
}

function fold<Value>(
  list: readonly Fault[],
  start: Value,
  change: (
    definition: FaultDefinition<FaultParameters>,
    parameters: FaultParameters,
    value: Value,
  ) => Value | undefined,
): Value {
  let value = start;
  for (const fault of list) {
    const { definition, parameters } = resolveFault(fault);
    value = change(definition, parameters, value) ?? value;
  }
  return value;
}
