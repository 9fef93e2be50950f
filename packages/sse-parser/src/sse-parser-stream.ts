import { createSseParser } from './create-sse-parser.ts';
import type { SseEvent, SseParser, SseStreamOptions } from './types.ts';

/**
 * The parser as a web stream: `body.pipeThrough(new SseParserStream())`. Takes bytes or text; an `SseError` errors the
 * stream. Costs several times what `createSseParser` does: it is for places that want a stream.
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
