import { GeminiError } from '../errors/errors.ts';
import { isRecord } from './guard-value.ts';
import type { FunctionCall } from '../wire.ts';

/** The function calls of an interaction whose arguments are still coming, as pieces of one JSON text each. */
export interface InteractionCalls {
  /** A `function_call` step begins. */
  open(step: unknown, call: FunctionCall): void;
  /** More of its arguments. Nothing, for a step that is no call. */
  add(step: unknown, text: string): void;
  /**
   * The whole call, when its step stops; `undefined` for a step that is no call.
   * @throws SyntaxError for arguments that are no JSON object
   */
  close(step: unknown): FunctionCall | undefined;
}

interface OpenCall {
  readonly call: FunctionCall;
  text: string;
}

/** A call is told when it is whole. The pieces that wait may be `maxLength` characters together. */
export function createInteractionCalls(maxLength: number): InteractionCalls {
  const calls = new Map<unknown, OpenCall>();
  let length = 0;
  return {
    open: (step, call) => void calls.set(step, { call, text: '' }),
    add(step, text) {
      const open = calls.get(step);
      if (open === undefined) return;
      open.text += text;
      length += text.length;
      if (length <= maxLength) return;
      const limits = { limit: maxLength, received: length };
      const message = `the arguments of unfinished calls grew to ${length} bytes: maxResponseBytes is ${maxLength}`;
      throw new GeminiError('response-too-large', message, limits);
    },
    close(step) {
      const open = calls.get(step);
      if (open === undefined) return undefined;
      calls.delete(step);
      length -= open.text.length;
      if (open.text === '') return open.call;
      const args: unknown = JSON.parse(open.text);
      if (!isRecord(args)) throw new SyntaxError('expected an object');
      return { ...open.call, args };
    },
  };
}
