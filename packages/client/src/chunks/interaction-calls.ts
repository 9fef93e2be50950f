import { GeminiError } from '../errors/errors.ts';
import { isNestedDeeper, isRecord } from './guard-value.ts';
import type { FunctionCall } from '../wire.ts';

/** The function calls of an interaction whose arguments are still coming, as pieces of one JSON text each. */
export interface InteractionCalls {
  /** A `function_call` step begins. `length` is its payload's, in characters. */
  open(step: unknown, call: FunctionCall, length: number): void;
  /** More of its arguments. Nothing, for a step that is no call. */
  add(step: unknown, text: string): void;
  /**
   * The whole call, when its step stops; `undefined` for a step that is no call.
   * @throws SyntaxError for arguments that are no JSON object, or one that is nested too deep
   */
  close(step: unknown): FunctionCall | undefined;
}

interface OpenCall {
  readonly call: FunctionCall;
  /** What is held for it: the payload that opened it, and the text. */
  length: number;
  text: string;
}

/** A call is told when it is whole. The calls that wait may hold `maxLength` characters together. */
export function createInteractionCalls(maxLength: number, maxLevels: number): InteractionCalls {
  const calls = new Map<unknown, OpenCall>();
  let total = 0;
  const grow = (open: OpenCall, length: number): void => {
    open.length += length;
    total += length;
    if (total <= maxLength) return;
    const message = `the unfinished calls grew to ${total} bytes: maxResponseBytes is ${maxLength}`;
    throw new GeminiError('response-too-large', message, { limit: maxLength, received: total });
  };
  const forget = (step: unknown): OpenCall | undefined => {
    const open = calls.get(step);
    if (open === undefined) return undefined;
    calls.delete(step);
    total -= open.length;
    return open;
  };
  return {
    open(step, call, length) {
      forget(step);
      const open = { call, length: 0, text: '' };
      calls.set(step, open);
      grow(open, length);
    },
    add(step, text) {
      const open = calls.get(step);
      if (open === undefined) return;
      open.text += text;
      grow(open, text.length);
    },
    close(step) {
      const open = forget(step);
      if (open === undefined || open.text === '') return open?.call;
      const args: unknown = JSON.parse(open.text);
      if (!isRecord(args)) throw new SyntaxError('expected an object');
      if (isNestedDeeper(args, maxLevels)) throw new SyntaxError(`expected at most ${maxLevels} levels`);
      return { ...open.call, args };
    },
  };
}
