import { tracingChannel } from 'node:diagnostics_channel';
import type { ToolFailure } from '../types.ts';
import type { FunctionCall } from '../wire/types.ts';
import type { ToolResult } from './run-tool.ts';

/** The facts that a `gemini:tool` trace publishes: never the arguments or the result. All messages of a call are one object. */
export interface ToolTraceContext {
  /** The id of the stream that the call belongs to. */
  readonly streamId: string;
  readonly name: string | undefined;
  readonly callId: string | undefined;
  /** The answer with the call, from 1. */
  readonly round: number;
  /** Added when the call has ended. */
  durationMs?: number | undefined;
  failure?: ToolFailure | undefined;
  /** The value that the function threw. */
  error?: unknown;
}

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
  { name, id: callId }: FunctionCall,
  { streamId, round }: { readonly streamId: string; readonly round: number },
  run: () => Promise<ToolResult>,
): Promise<ToolResult> {
  if (!isToolTraced()) return run();
  const context: ToolTraceContext = { streamId, name, callId, round };
  const running = calls.start.runStores(context, run);
  calls.end.publish(context);
  const { durationMs, failure, error } = await running;
  Object.assign(context, { durationMs, failure });
  if (failure !== undefined) {
    context.error = error;
    calls.error.publish(context);
  }
  calls.asyncStart.publish(context);
  calls.asyncEnd.publish(context);
  return running;
}
