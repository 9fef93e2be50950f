import { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { classifyDelivery, type DeliveryVerdict } from '@gemini/http-streaming';
import type { ManagedStream } from '@gemini/stream-manager';
import type { GeminiStreamEvent, StoredStreamEvent } from './events.ts';
import type { GeminiStreamTiming } from './first-sightings.ts';
import { handled } from './handled.ts';
import { iterateStream } from './iterate-stream.ts';
import type { StreamOutcome } from './outcome.ts';
import { outcomeOfEnd } from './outcome-of-end.ts';
import type { GeminiStreamSource } from './stream-source.ts';
import type { GenerateContentResponse } from './wire.ts';

/**
 * One answer as it is generated. Everything here may be used together; each iterator sees the whole stream from its
 * start, and the slowest sets the pace. Leaving the last open iterator stops the stream and closes the socket.
 */
export interface GeminiStream extends AsyncIterable<GeminiStreamEvent>, AsyncDisposable {
  readonly id: string;
  /** The answer text of the first candidate as it comes, without thoughts. Throws when the answer failed or was cut. */
  readonly textStream: AsyncIterable<string>;
  /** The whole answer text. Rejects when the answer failed, was cut or was stopped; the error has what had come. */
  text(): Promise<string>;
  /** How it ended. Always resolves. */
  readonly outcome: Promise<StreamOutcome>;
  /** The merged response of a completed or blocked answer. Rejects otherwise, with the partial response in the error. */
  readonly response: Promise<GenerateContentResponse>;
  toReadableStream(): ReadableStream<GeminiStreamEvent>;
  /** Ends the stream at once and closes the socket. */
  stop(reason?: unknown): void;
  /** Undefined until the response headers are in. */
  readonly timing: GeminiStreamTiming | undefined;
  /** Whether the answer came as it was generated, from arrival times alone. */
  verdict(): DeliveryVerdict;
}

/** Makes the handle of a running stream. */
export function createGeminiStream(
  managed: ManagedStream<StoredStreamEvent, StreamOutcome>,
  source: GeminiStreamSource,
): GeminiStream {
  // Holds the upstream back while nobody reads yet: what an iterator that comes late must see is not trimmed.
  const anchor = managed.iterate({ onSlow: 'pause' });
  const outcome = managed.ended.then(outcomeOfEnd);
  let readers = 0;
  let driven = false;

  const release = (): void => void anchor.return();
  const drive = (): void => {
    if (driven) return;
    driven = true;
    // From now: it only keeps the stream going, and what has been trimmed is no business of its own.
    managed.subscribe(() => undefined, { from: 'now', onSlow: 'pause' });
    release();
  };
  const read = <Item extends {}>(pick: (event: GeminiStreamEvent) => Item | undefined) => {
    readers += 1;
    const onLeave = (): void => {
      readers -= 1;
      if (readers === 0) managed.stop('left');
    };
    const iterator = iterateStream({ managed, outcome, voided: source.voids.last, onLeave }, pick);
    release();
    return iterator;
  };
  const readAll = (): AsyncIterator<GeminiStreamEvent, undefined> => read((event) => event);
  const refuseRestarts = (what: string): void => {
    if (!source.restarts) return;
    throw new TypeError(`${what}: expected a stream without restart: true, for text cannot be taken back`);
  };
  const settled = async (): Promise<StreamOutcome> => {
    const end = await outcome;
    if (end.error !== undefined) throw end.error;
    return end;
  };
  const wholeText = async (): Promise<string> => {
    refuseRestarts('text()');
    drive();
    return (await settled()).text;
  };

  return {
    id: managed.id,
    textStream: {
      [Symbol.asyncIterator]() {
        refuseRestarts('textStream');
        return read(answerText);
      },
    },
    text: () => handled(wholeText()),
    get outcome() {
      drive();
      return outcome;
    },
    get response() {
      drive();
      return handled(settled().then((end) => end.response));
    },
    toReadableStream: () => NodeReadableStream.from<GeminiStreamEvent>({ [Symbol.asyncIterator]: readAll }),
    stop: (reason) => managed.stop(reason),
    get timing() {
      return source.timing();
    },
    verdict: () => source.verdict() ?? classifyDelivery([]),
    [Symbol.asyncIterator]: readAll,
    async [Symbol.asyncDispose]() {
      managed.stop('disposed');
      await outcome;
    },
  };
}

function answerText(event: GeminiStreamEvent): string | undefined {
  return event.type === 'text-delta' && event.candidate === 0 ? event.text : undefined;
}
