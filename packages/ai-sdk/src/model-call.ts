import type { StreamingFetchOptions } from '@gemini/fetch';
import type { JSONValue } from 'ai';

type StreamEnd = Parameters<NonNullable<StreamingFetchOptions['onEnd']>>[0];

/** The metadata of a call, as plain JSON. */
export interface CallMetadata {
  readonly verdict: { readonly kind: string; readonly cause?: string };
  /** Milliseconds since the call. */
  readonly timing: { readonly firstPartMs?: number; readonly durationMs: number };
  /** The requests that were sent for it. */
  readonly attempts: number;
  [name: string]: JSONValue | undefined;
}

/** The end of a stream is reported in the turn of its last byte, or shortly after. */
const endPatienceMs = 100;

/** One call of a model: what its parts and its requests tell. */
export class ModelCall {
  readonly #startedAt = performance.now();
  readonly #ended = Promise.withResolvers<void>();
  #attempts = 0;
  #firstPartMs: number | undefined;
  #durationMs: number | undefined;
  #verdict: StreamEnd['verdict'];

  onRequest(): void {
    this.#attempts += 1;
  }

  onEnd({ verdict }: StreamEnd): void {
    this.#verdict = verdict;
    this.#ended.resolve();
  }

  onPart(type: string): void {
    if (type !== 'stream-start' && type !== 'response-metadata') this.#firstPartMs ??= this.#elapsedMs();
  }

  /** Resolves when a stream that is read by our `fetch` has ended, or after a little while. */
  async whenEnded(): Promise<void> {
    this.#durationMs ??= this.#elapsedMs();
    if (this.#attempts === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, endPatienceMs)));
    await Promise.race([this.#ended.promise, patience]);
    clearTimeout(timer);
  }

  metadata(): CallMetadata {
    const durationMs = this.#durationMs ?? this.#elapsedMs();
    const { kind = 'inconclusive', cause } = this.#verdict ?? {};
    return {
      verdict: { kind, ...(cause === undefined ? {} : { cause }) },
      timing: { ...(this.#firstPartMs === undefined ? {} : { firstPartMs: this.#firstPartMs }), durationMs },
      attempts: Math.max(1, this.#attempts),
    };
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}
