import type { Gemini, StreamOutcome } from '@gemini/client';
import { type Arrival, classifyDelivery } from '@gemini/http-streaming';
import type { StreamFacts } from '../page/facts.ts';

/** Notes when the events of a stream reach this process. */
export class StreamWatch {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<unknown>;
  readonly #times: Record<string, number> = {};
  readonly #arrivals: Arrival[] = [];
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
      this.#arrivals.push({ atMs: performance.now(), events: 1, bytes: event.text.length, open: false });
    });
    this.ended = managed.ended.then(({ result }) => (this.#outcome = result));
  }

  facts(): StreamFacts {
    const { kind, cause } = classifyDelivery(this.#arrivals);
    return {
      times: this.#times,
      verdict: { kind, cause },
      model: this.#outcome?.model,
      outputTokens: this.#outcome?.usage?.candidatesTokenCount,
      firstTextAt: this.#firstTextAt,
      lastTextAt: this.#lastTextAt,
    };
  }
}
