import type { StoredStreamEvent } from '../stream/events.ts';
import type { FunctionCall, Part, PartialArg } from '../wire.ts';
import { createFunctionArguments, type FunctionArguments } from './function-arguments.ts';

type Emit = (event: StoredStreamEvent) => void;

/** The function calls of one candidate, whole ones and streamed ones. */
export interface FunctionCalls {
  /** Takes a part with a `functionCall` into `parts`, and tells what it brings. */
  add(part: Part, parts: Part[], emit: Emit): void;
  /** Ends a call whose closing piece never came. Only an answer that is whole may say so. */
  close(emit: Emit): void;
}

interface OpenCall {
  readonly part: Part;
  readonly call: FunctionCall & { name: string; args: Record<string, unknown> };
  readonly builder: FunctionArguments;
}

const cutOff = new WeakSet<FunctionCall>();

/** Whether a call in a merged response never came to its end: half a command is none. */
export function isCutOff(call: FunctionCall): boolean {
  return cutOff.has(call);
}

/**
 * Streamed calls come one after another and their pieces carry no id: a piece with a name opens a call, one without a
 * name belongs to the open one, and the first that will not continue closes it.
 */
export function createFunctionCalls(candidate: number): FunctionCalls {
  let open: OpenCall | undefined;

  const close = (emit: Emit): void => {
    if (open === undefined) return;
    const { call } = open;
    open = undefined;
    cutOff.delete(call);
    emit({ type: 'function-call-end', call, candidate });
  };
  const start = (call: FunctionCall, emit: Emit): void => {
    const { id, name = '' } = call;
    emit({ type: 'function-call-start', name, ...(id === undefined ? {} : { id }), candidate });
  };
  const whole = (part: Part, call: FunctionCall, parts: Part[], emit: Emit): void => {
    parts.push({ ...part, functionCall: { ...call } });
    start(call, emit);
    emit({ type: 'function-call-end', call: { ...call, args: call.args ?? {} }, candidate });
  };
  const grow = (pieces: readonly PartialArg[], { builder, call }: OpenCall, emit: Emit): void => {
    for (const piece of pieces) {
      const applied = builder.apply(piece);
      // A path that cannot be read is kept as it came: nothing of a call is lost.
      if (applied === false) (call.partialArgs ??= []).push(piece);
      else if (applied !== undefined) emit(deltaEvent(call, builder.args, applied, candidate));
    }
  };

  return {
    close,
    add(part, parts, emit) {
      const piece = part.functionCall ?? {};
      const { name, args, partialArgs, willContinue, ...flags } = piece;
      if (name) {
        close(emit);
        if (!willContinue && !partialArgs) return whole(part, piece, parts, emit);
        const call = { ...flags, name, args: { ...args } };
        open = { part: { ...part, functionCall: call }, call, builder: createFunctionArguments(call.args) };
        cutOff.add(call);
        parts.push(open.part);
        start(call, emit);
      } else if (open === undefined) {
        // A closing piece after the close says nothing; anything else is kept as it came.
        if (Object.keys(piece).length > 0 || part.thoughtSignature !== undefined) parts.push({ ...part });
        return;
      } else {
        if (part.thoughtSignature !== undefined) open.part.thoughtSignature ??= part.thoughtSignature;
        Object.assign(open.call.args, args);
      }
      if (partialArgs) grow(partialArgs, open, emit);
      if (!willContinue) close(emit);
    },
  };
}

function deltaEvent(
  { name }: { readonly name: string },
  args: Record<string, unknown>,
  { path, value }: { readonly path: string; readonly value: string | number | boolean | null },
  candidate: number,
): StoredStreamEvent {
  const event = { type: 'function-call-delta', name, path, value, candidate } as const;
  return Object.defineProperty(event, 'args', { value: args }) as typeof event & { args: Record<string, unknown> };
}
