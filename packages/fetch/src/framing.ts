import type { OutgoingEvent } from './wires/wire.ts';

/** Writes events as the body that the SDK reads. */
export interface Framing {
  event(event: OutgoingEvent): string;
  /** Returns the end of a body that is whole. */
  end(): string;
}

/** Server-sent events, with LF; one `data:` line for each line of the data. */
export class SseFraming implements Framing {
  event({ data, name, id }: OutgoingEvent): string {
    const named = name === undefined || name === '' ? '' : `event: ${name}\n`;
    const placed = id === undefined ? '' : `id: ${id}\n`;
    return `${placed}${named}data: ${data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data}\n\n`;
  }

  end(): string {
    return '';
  }
}

/** A JSON array: the form in which Gemini streams without `alt=sse`. */
export class ArrayFraming implements Framing {
  #isEmpty = true;

  event({ data }: OutgoingEvent): string {
    const before = this.#isEmpty ? '[' : ',\r\n';
    this.#isEmpty = false;
    return before + data;
  }

  end(): string {
    return this.#isEmpty ? '[]' : ']';
  }
}

/** Texts one after another, for JSON that is no event stream: a single value stays what it was. */
export class PlainFraming implements Framing {
  event({ data }: OutgoingEvent): string {
    return data;
  }

  end(): string {
    return '';
  }
}
