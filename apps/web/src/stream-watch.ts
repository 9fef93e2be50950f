import type { Gemini, StreamOutcome, StreamTraceContext } from '@gemini/client';
import { tracingChannel } from 'node:diagnostics_channel';
import type { StreamFacts } from '../page/facts.ts';

const traces = tracingChannel<unknown, StreamTraceContext>('gemini:stream');

/** Notes when the events of a stream reach this process, and what the client finds out about its delivery. */
export class StreamWatch {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<unknown>;
  readonly #times: Record<string, number> = {};
  #verdict: StreamFacts['verdict'] = { kind: 'inconclusive' };
  #outcome: StreamOutcome | undefined;
  #firstTextAt: number | undefined;
  #lastTextAt: number | undefined;

  constructor(gemini: Gemini, id: string) {
    const managed = gemini.streams.get(id);
    if (managed === undefined) throw new Error(`there is no stream ${id}`);
    managed.subscribe((event, position) => {
      const at = Date.now();
      this.#times[position] = at;
      if (event.type !== 'text-delta') return;
      this.#firstTextAt ??= at;
      this.#lastTextAt = at;
    });
    // With functions each answer has one: the last one stays.
    const onEnd = (message: unknown): void => {
      const { id: streamId, verdict: kind, verdictCause: cause } = message as StreamTraceContext;
      if (streamId === id && kind !== undefined) this.#verdict = { kind, cause };
    };
    traces.asyncEnd.subscribe(onEnd);
    this.ended = managed.ended.then(({ result }) => {
      this.#outcome = result;
      traces.asyncEnd.unsubscribe(onEnd);
    });
  }

  facts(): StreamFacts {
    return {
      times: this.#times,
      verdict: this.#verdict,
      model: this.#outcome?.model,
      outputTokens: this.#outcome?.usage?.candidatesTokenCount,
      firstTextAt: this.#firstTextAt,
      lastTextAt: this.#lastTextAt,
    };
  }
}
