import { GeminiError } from '../errors.ts';
import { isNestedDeeper, isRecord, maxLevels } from './guard.ts';
import type { FunctionCall, Part } from './types.ts';

/** The arguments of a call are on the eighth level of a chunk. */
const maxArgsLevels = maxLevels - 7;

interface OpenCall {
  readonly call: FunctionCall;
  readonly signature: string | undefined;
  /** The length of the payload that opened it, and of the text so far. */
  length: number;
  text: string;
}

/**
 * The function calls of an interaction whose arguments are still coming, as pieces of one JSON text each. Together they
 * may hold `maxLength` characters.
 */
export class InteractionCalls {
  readonly #maxLength: number;
  readonly #calls = new Map<unknown, OpenCall>();
  #total = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** A `function_call` step begins. `length` is its payload's, in characters. */
  open(step: unknown, call: FunctionCall, length: number, signature?: string): void {
    this.#remove(step);
    const open = { call, signature, length: 0, text: '' };
    this.#calls.set(step, open);
    this.#grow(open, length);
  }

  /** Adds a piece of a call's arguments. Ignores a step that is not a call. */
  add(step: unknown, text: string): void {
    const open = this.#calls.get(step);
    if (open === undefined) return;
    open.text += text;
    this.#grow(open, text.length);
  }

  /**
   * Returns the part of the whole call when its step stops; `undefined` for a step that is not a call.
   * @throws SyntaxError for arguments that are not a JSON object, or one that is nested too deep
   */
  close(step: unknown): Part | undefined {
    const open = this.#remove(step);
    if (open === undefined) return undefined;
    const signed = open.signature === undefined ? {} : { thoughtSignature: open.signature };
    if (open.text === '') return { functionCall: open.call, ...signed };
    const args: unknown = JSON.parse(open.text);
    if (!isRecord(args)) throw new SyntaxError('expected an object');
    if (isNestedDeeper(args, maxArgsLevels)) throw new SyntaxError(`expected at most ${maxArgsLevels} levels`);
    return { functionCall: { ...open.call, args }, ...signed };
  }

  #grow(open: OpenCall, length: number): void {
    open.length += length;
    this.#total += length;
    const [limit, received] = [this.#maxLength, this.#total];
    if (received <= limit) return;
    const message = `the unfinished calls grew to ${received} bytes: maxResponseBytes is ${limit}`;
    throw new GeminiError('response-too-large', message, { limit, received });
  }

  #remove(step: unknown): OpenCall | undefined {
    const open = this.#calls.get(step);
    if (open === undefined) return undefined;
    this.#calls.delete(step);
    this.#total -= open.length;
    return open;
  }
}
