import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { PushSource, StreamSink } from '@gemini/stream-manager';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { UsageMetadata } from '../wire/types.ts';
import type { Discarded } from './discard.ts';
import type { GeminiStreamTiming } from './timing.ts';

/** A source of one stream. Its timing, verdict and token counts may be read at any time. */
export interface GeminiStreamSource extends PushSource<StoredStreamEvent, StreamOutcome> {
  start(sink: GeminiSink): void;
  resume(sink: GeminiSink, events: readonly StoredStreamEvent[], trimmedCount: number): void;
  canHandOver(): boolean;
  /** Outlives the source, which holds everything that the transport recorded of the stream. */
  readonly discarded: Discarded;
  readonly mayRestart: boolean;
  /** Whether the outcome has the text and the response. */
  readonly keepsContent: boolean;
  timing(): GeminiStreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
  usage(): UsageMetadata | undefined;
}

/** The sink of a stream's events in the manager. */
export type GeminiSink = StreamSink<StoredStreamEvent, StreamOutcome>;

/** Ends a stream of the manager with its outcome. */
export function endSink(sink: GeminiSink, outcome: StreamOutcome): void {
  if (outcome.error === undefined || outcome.status === 'stopped') sink.end(outcome);
  else sink.fail(outcome.error, outcome);
}
