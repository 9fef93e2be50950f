import { tracingChannel } from 'node:diagnostics_channel';
import { type AsyncContext, inContexts } from '../answer/caller-context.ts';
import type { ToolFailure } from '../types.ts';
import type { FunctionCall } from '../wire/types.ts';
import type { ToolResult } from './run-tool.ts';

const calls = tracingChannel<unknown, ToolTraceContext>('gemini:tool');

/** Returns whether anything subscribes to the calls of functions. Bun has no `hasSubscribers` for all channels at once. */
export function isToolTraced(): boolean {
  return (
    calls.start.hasSubscribers ||
    calls.asyncEnd.hasSubscribers ||
    calls.error.hasSubscribers ||
    calls.end.hasSubscribers ||
    calls.asyncStart.hasSubscribers
  );
}

/** Runs a call in the async context that subscribers bind to its start, and publishes its start and end. */
export async function traceTool(
  call: FunctionCall,
  asked: AskedCall,
  run: () => Promise<ToolResult>,
): Promise<ToolResult> {
  if (!isToolTraced()) return run();
  const content: CallContent = { call, response: undefined, contexts: [] };
  const context = new ToolTraceContext(asked, content);
  const running = calls.start.runStores(context, () => inContexts(content.contexts, run));
  calls.end.publish(context);
  const { durationMs, failure, error, response } = await running;
  content.response = response;
  Object.assign(context, { durationMs, failure });
  if (failure !== undefined) {
    Object.assign(context, { error });
    calls.error.publish(context);
  }
  calls.asyncStart.publish(context);
  calls.asyncEnd.publish(context);
  return running;
}

/**
 * The message of a `gemini:tool` trace. The arguments and the result are there only for a subscriber that reads `args` and
 * `response`: a spread, `JSON.stringify` and `console.log` leave them out. All messages of a call are the same object.
 */
export class ToolTraceContext {
  /** The id of the stream that the call belongs to. */
  readonly streamId: string;
  /** The name that the model gave. */
  readonly name: string | undefined;
  readonly callId: string | undefined;
  /** The answer with the call, from 1. */
  readonly round: number;
  /** Whether the stream has a function of that name: if not, nothing runs, and the name is the model's invention. */
  readonly isKnown: boolean;
  // The facts below are added when the call has ended.
  declare readonly durationMs?: number | undefined;
  declare readonly failure?: ToolFailure | undefined;
  /** The value that the function threw. */
  declare readonly error?: unknown;
  readonly #content: CallContent;

  constructor({ streamId, round, isKnown }: AskedCall, content: CallContent) {
    this.streamId = streamId;
    this.name = content.call.name;
    this.callId = content.call.id;
    this.round = round;
    this.isKnown = isKnown;
    this.#content = content;
  }

  /** The arguments that the model gave. Not a copy: do not change them. */
  get args(): unknown {
    return this.#content.call.args;
  }

  /**
   * Has the function run inside a context, for a subscriber of `start` whose context is no `AsyncLocalStorage` that it
   * could bind to the channel. The context is to run the function that it gets, once.
   */
  runInside(context: AsyncContext): void {
    this.#content.contexts.push(context);
  }

  /** The result as the model gets it, when the call has ended. */
  get response(): unknown {
    return this.#content.response;
  }
}

/** A call that the model asked for. */
interface AskedCall {
  readonly streamId: string;
  readonly round: number;
  readonly isKnown: boolean;
}

interface CallContent {
  readonly call: FunctionCall;
  response: unknown;
  readonly contexts: AsyncContext[];
}
