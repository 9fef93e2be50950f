import { createSseParser, type SseEvent } from '@gemini/sse-parser';
import { createJsonArraySplitter } from './split-json-array.ts';

/** Turns the decoded bytes of one body into events, in the turn in which they come. */
export interface BodyFormat {
  /** @throws when the body breaks a limit or cannot be what it says it is */
  push(chunk: Uint8Array): void;
  /** Gives what is held as an `unterminated` event; returns whether bytes of an event are left that gave none. */
  end(): boolean;
  /** Whether a part of an event is held. */
  readonly pending: boolean;
}

/** What a format tells the stream. */
export interface BodyFormatObserver {
  onEvent(event: SseEvent): void;
  onText(text: string): void;
  /** The body is neither of the forms: its beginning is in `text`. Nothing follows. */
  onForeign(text: string): void;
}

/** The most of a foreign body that is kept, in UTF-16 units. */
export const maxExcerptLength = 16 * 1024;

/** The reader for a content type: a JSON array for JSON, server-sent events for anything else. */
export function createBodyFormat(contentType: string, maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  const create = mediaType === 'application/json' ? createJsonFormat : createSseFormat;
  return create(maxEventBytes, observer);
}

function createSseFormat(maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  // A last event without its blank line is delivered, marked: whether it is whole is for the layer above to see.
  let hasGivenLast = false;
  const parser = createSseParser({
    maxEventBytes,
    lastEvent: 'emit',
    onEvent(event) {
      // After `data:` alone there is an event, but its data is still to come.
      if (event.unterminated && event.data !== '') hasGivenLast = true;
      observer.onEvent(event);
    },
    onText: (text) => observer.onText(text),
  });
  return {
    push: (chunk) => parser.push(chunk),
    end: () => parser.end().pending && !hasGivenLast,
    get pending() {
      return parser.pending;
    },
  };
}

function createJsonFormat(maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  const decoder = new TextDecoder();
  const splitter = createJsonArraySplitter(maxEventBytes, (data) => observer.onEvent({ data }));
  let kind: 'unknown' | 'array' | 'foreign' = 'unknown';
  let foreign = '';

  const read = (text: string): void => {
    if (kind === 'unknown') {
      const first = text.trimStart()[0];
      if (first === undefined) return;
      kind = first === '[' ? 'array' : 'foreign';
    }
    if (kind === 'array') splitter.push(text);
    else if (foreign.length < maxExcerptLength) foreign = (foreign + text).slice(0, maxExcerptLength);
  };
  return {
    push: (chunk) => read(decoder.decode(chunk, { stream: true })),
    end() {
      read(decoder.decode());
      const rest = splitter.end();
      if (rest !== '') observer.onEvent({ data: rest, unterminated: true });
      if (kind === 'foreign') observer.onForeign(foreign);
      return splitter.isPromised;
    },
    get pending() {
      return splitter.pending;
    },
  };
}
