import type { EmitEvent, StoredStreamEvent } from '../types.ts';
import { isAbsent, withoutAbsent } from '../wire/absent.ts';
import { setField } from '../wire/guard.ts';
import type { FunctionCall, Part, PartialArg } from '../wire/types.ts';
import { type ArgumentValue, FunctionArguments } from './function-arguments.ts';
import { jsonLength } from './sizes.ts';

interface OpenCall {
  readonly part: Part;
  readonly call: FunctionCall & { name: string; args: Record<string, unknown> };
  readonly builder: FunctionArguments;
}

const cutOff = new WeakSet<FunctionCall>();

/** Whether a call of a merged response was cut off before its arguments were complete. Such a call must not run. */
export function isCutOff(call: FunctionCall): boolean {
  return cutOff.has(call);
}

/**
 * The function calls of one candidate, whole ones and streamed ones. Streamed calls come one after another and their
 * pieces carry no id: a piece with a name opens a call, one without a name belongs to the open one, and the first that
 * will not continue closes it.
 */
export class FunctionCalls {
  /** The length of the containers and skipped places that pieces made, in characters. */
  expandedLength = 0;
  /** The length of the open call, in characters; 0 if there is no open call. */
  openLength = 0;
  readonly #candidate: number;
  #open: OpenCall | undefined;

  constructor(candidate: number) {
    this.#candidate = candidate;
  }

  /** Takes a part with a `functionCall` into `parts`, and emits its events. */
  add(part: Part, parts: Part[], emit: EmitEvent): void {
    const piece = withoutAbsent(part.functionCall ?? {});
    const { name, args, partialArgs, willContinue, ...flags } = piece;
    if (name && !this.#continuesOpen(piece)) {
      this.close(emit);
      if (!willContinue && !partialArgs) return this.#addWhole(part, piece, parts, emit);
      const call = { ...flags, name, args: { ...args } };
      this.#open = { part: { ...part, functionCall: call }, call, builder: new FunctionArguments(call.args) };
      cutOff.add(call);
      parts.push(this.#open.part);
      this.#start(call, emit);
    } else if (this.#open === undefined) {
      // A closing piece after the close has no content; anything else is kept as it came.
      if (Object.keys(piece).length > 0 || !isAbsent(part.thoughtSignature)) {
        parts.push({ ...part });
        emit({ type: 'part', part, candidate: this.#candidate });
      }
      return;
    } else {
      if (part.thoughtSignature !== undefined) this.#open.part.thoughtSignature ??= part.thoughtSignature;
      for (const field of Object.keys(args ?? {})) setField(this.#open.call.args, field, args?.[field]);
    }
    this.openLength += jsonLength(part);
    if (partialArgs) this.#grow(partialArgs, this.#open, emit);
    if (!willContinue) this.close(emit);
  }

  /** Whether a piece repeats the name, and maybe the id, of the open call that it belongs to. */
  #continuesOpen({ id, name, partialArgs }: FunctionCall): boolean {
    const open = this.#open?.call;
    if (open === undefined || open.name !== name) return false;
    return id === undefined ? partialArgs !== undefined : id === open.id;
  }

  /** Ends a call whose closing piece never came. Only an answer that is whole may do so. */
  close(emit: EmitEvent): void {
    if (this.#open === undefined) return;
    const { call, part } = this.#open;
    this.#open = undefined;
    this.openLength = 0;
    cutOff.delete(call);
    this.#end(call, part, emit);
  }

  #addWhole(part: Part, call: FunctionCall, parts: Part[], emit: EmitEvent): void {
    parts.push({ ...part, functionCall: { ...call } });
    this.#start(call, emit);
    this.#end({ ...call, args: call.args ?? {} }, part, emit);
  }

  #end(call: FunctionCall, { thoughtSignature }: Part, emit: EmitEvent): void {
    const rounded = hasRounded(call.args) ? roundedIntegers(call.args, '$', []) : [];
    const facts = {
      ...(rounded.length === 0 ? {} : { roundedIntegers: rounded }),
      ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
    };
    emit({ type: 'function-call-end', call, candidate: this.#candidate, ...facts });
  }

  #start({ id, name = '' }: FunctionCall, emit: EmitEvent): void {
    emit({ type: 'function-call-start', name, ...(id === undefined ? {} : { id }), candidate: this.#candidate });
  }

  #grow(pieces: readonly PartialArg[], { builder, call }: OpenCall, emit: EmitEvent): void {
    const expandedBefore = builder.expandedLength;
    for (const piece of pieces) {
      const applied = builder.apply(piece);
      // A piece without a place is kept as it came: nothing of a call is lost.
      if (applied === false) (call.partialArgs ??= []).push(piece);
      else if (applied !== undefined) emit(deltaEvent(call.name, builder.args, applied, this.#candidate));
    }
    const expanded = builder.expandedLength - expandedBefore;
    this.expandedLength += expanded;
    this.openLength += expanded;
  }
}

/** Whether a value has an integer that JavaScript cannot hold exactly. Nearly none has: it makes no paths and no copies. */
function hasRounded(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  for (const name in fields) if (hasRounded(fields[name])) return true;
  return false;
}

/** The most paths in one event: an attacker could fill it. */
const maxRounded = 100;

/** Returns the paths to integers that JavaScript cannot hold exactly. `JSON.parse` has rounded them already. */
function roundedIntegers(value: unknown, path: string, found: string[]): string[] {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) found.push(path);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      if (found.length === maxRounded) break;
      roundedIntegers(field, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`, found);
    }
  }
  return found;
}

function deltaEvent(
  name: string,
  args: Record<string, unknown>,
  { path, value }: { readonly path: string; readonly value: ArgumentValue },
  candidate: number,
): StoredStreamEvent {
  const event = { type: 'function-call-delta', name, path, value, candidate } as const;
  return Object.defineProperty(event, 'args', { value: args }) as typeof event & { args: Record<string, unknown> };
}
