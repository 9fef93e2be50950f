import { createSseParser } from './create-sse-parser.ts';
import type { SseEvent, SseParser, SseStreamOptions } from './types.ts';

/**
 * The parser as a pair of web streams: `body.pipeThrough(new SseParserStream())`. It takes bytes or text; an `SseError`
 * errors both streams. It costs several times as much as `createSseParser`.
 *
 * It has a `TransformStream` and does not extend one: a class that extends it would load the web streams of Node with the
 * package, and a bundler could not leave it out.
 */
export class SseParserStream implements TransformStream<Uint8Array | string, SseEvent> {
  readonly readable: ReadableStream<SseEvent>;
  readonly writable: WritableStream<Uint8Array | string>;

  constructor(options: SseStreamOptions = {}) {
    let parser: SseParser | undefined;
    const { readable, writable } = new TransformStream<Uint8Array | string, SseEvent>({
      start(controller) {
        parser = createSseParser({ ...options, onEvent: (event) => controller.enqueue(event) });
      },
      transform(chunk) {
        parser?.push(chunk);
      },
      flush() {
        parser?.end();
      },
    });
    this.readable = readable;
    this.writable = writable;
  }
}
