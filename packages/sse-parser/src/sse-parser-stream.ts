import { createSseParser } from './create-sse-parser.ts';
import type { SseEvent, SseParser, SseStreamOptions } from './types.ts';

/**
 * The parser as a web stream: `body.pipeThrough(new SseParserStream())`. It takes bytes or text; an `SseError` errors
 * the stream. It costs several times as much as `createSseParser`.
 */
export class SseParserStream extends TransformStream<Uint8Array | string, SseEvent> {
  constructor(options: SseStreamOptions = {}) {
    let parser: SseParser | undefined;
    super({
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
  }
}
