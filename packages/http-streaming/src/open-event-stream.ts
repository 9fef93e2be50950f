import { startEventStream } from './stream/live-stream.ts';
import { resolveEventStreamOptions, type EventStreamOptions } from './options.ts';
import { urlOf } from './exchange/outgoing-request.ts';
import { prepareRequest } from './exchange/prepare-request.ts';
import { sharedDispatcher } from './connection/shared-dispatcher.ts';
import type { EventStream, EventStreamRequest } from './types.ts';

/**
 * Sends one request, and again as `retry` says while no event was delivered. Resolves when the headers of an event
 * stream are in (`text/event-stream`, or a JSON array, which is read as a stream of its elements); from then on the
 * stream reports what happens.
 * @throws HttpStreamError for everything the network or the server does
 * @throws TypeError for a request or options that cannot be meant
 */
export async function openEventStream(request: EventStreamRequest, options?: EventStreamOptions): Promise<EventStream> {
  const startedTick = performance.now();
  const limits = resolveEventStreamOptions(options);
  const outgoing = prepareRequest(request);
  const dispatcher = options?.dispatcher ?? (await sharedDispatcher(urlOf(outgoing), limits.connectTimeoutMs));
  return startEventStream({ request: outgoing, dispatcher, limits, signal: request.signal, startedTick });
}
