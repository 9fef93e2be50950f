import { type EventFormat, jsonArray } from '../wire/response.ts';
import type { Random } from '../wire/random.ts';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './fault.ts';

/** SSE fields and comments that the API does not send. */
export const eventLines = defineFault({
  description:
    'Each event has more lines before or after its data: `event:`, `id:`, `retry:` or comments. `{index}` is its number.',
  defaults: { before: '', after: '' },
  format: (format, { before, after }): EventFormat => ({
    ...format,
    event(chunk, index) {
      const event = format.event(chunk, index);
      const end = event.endsWith('\r\n') ? '\r\n' : '\n';
      const lines = (text: string): string =>
        text === '' ? '' : `${text.replaceAll('{index}', `${index}`).replaceAll('\n', end)}${end}`;
      return `${lines(before)}${event.slice(0, -end.length)}${lines(after)}${end}`;
    },
  }),
});

/** JSON on several `data:` lines of the same event. */
export const prettyData = defineFault({
  description: 'The JSON of each event is pretty-printed over several data lines.',
  defaults: { indent: 2 },
  format: (format, { indent }): EventFormat => ({
    ...format,
    event(chunk, index) {
      const event = format.event(chunk, index);
      const end = event.endsWith('\r\n') ? '\r\n' : '\n';
      const data = JSON.stringify(chunk, undefined, Math.max(1, indent)).split('\n');
      return event.replace(/^data: .*$/mu, () => data.map((line) => `data: ${line}`).join(end));
    },
  }),
});

/** `data:` without the usual, optional space. */
export const tightData = defineFault({
  description: 'There is no space between `data:` and the JSON.',
  defaults: {},
  format: (format): EventFormat => ({
    ...format,
    event: (chunk, index) => format.event(chunk, index).replace(/^data: /mu, 'data:'),
  }),
});

// The order matters: an LF directly after a CR would belong to the same line end, and the blank line would be lost.
const mixed = ['\r\n', '\n', '\r'] as const;

/** Line ends that differ from the API's CRLF. */
export const lineEnds = defineFault({
  description: "Lines end with LF ('lf'), CR ('cr'), or CRLF, LF and CR in turn ('mixed').",
  defaults: { style: 'lf' },
  format(format, { style }): EventFormat {
    let count = 0;
    const next = (): string => {
      count += 1;
      if (style === 'mixed') return mixed[count % mixed.length] ?? '\n';
      return style === 'cr' ? '\r' : '\n';
    };
    return {
      ...format,
      event: (chunk, index) => endLines(format.event(chunk, index), next),
      close: (events) => endLines(format.close(events), next),
    };
  },
});

function endLines(event: string, next: () => string): string {
  const lines = event.split(/\r?\n/u).slice(0, -1);
  return lines.map((line) => line + next()).join('');
}

/** A byte order mark before the stream. */
export const byteOrderMark = defineFault({
  description: 'The stream begins with a byte order mark, which the standard ignores.',
  defaults: {},
  format: (format): EventFormat => ({
    ...format,
    event: (chunk, index) => `${index === 0 ? '\u{FEFF}' : ''}${format.event(chunk, index)}`,
  }),
});

/** The end marker of other APIs, which some gateways add. */
export const sentinel = defineFault({
  description:
    'The last event is an end marker, as some gateways add it; empty data removes that of the Interactions API.',
  defaults: { data: '[DONE]' },
  format: (format, { data }): EventFormat => ({
    ...format,
    close: (count) => (data === '' ? '' : `${format.close(count)}data: ${data}\r\n\r\n`),
  }),
});

/** A gateway that drops the query, so that `alt=sse` does not reach the API. */
export const arrayBody = defineFault({
  description: 'The body is a JSON array, whatever `alt` is.',
  defaults: {},
  format: (): EventFormat => jsonArray,
});

/** A slow link: small writes, with an optional pause before each. */
export const splitWrites = defineFault({
  description: 'Each event is sent in writes of this size, with an optional pause before each.',
  defaults: { bytes: 1, pauseMs: 0 },
  reply: (reply, { bytes, pauseMs }): Reply => ({
    ...reply,
    body: splitEvery(reply.body, Math.max(1, bytes), pauseMs),
  }),
});

async function* splitEvery(body: WireSteps, size: number, pauseMs: number): AsyncGenerator<WireStep> {
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    for (let start = 0; start < step.bytes.length; start += size) {
      if (pauseMs > 0) yield { type: 'wait', ms: pauseMs };
      yield { type: 'write', bytes: step.bytes.subarray(start, start + size) };
    }
  }
}

/** Writes that end inside characters or line ends. */
export const splitInside = defineFault({
  description: "Writes end inside every multi-byte character ('characters') or between CR and LF ('line-ends').",
  defaults: { what: 'characters' },
  reply: (reply, { what }): Reply => ({
    ...reply,
    body: splitWhere(reply.body, what === 'line-ends' ? isBetweenLineEnd : isInsideCharacter),
  }),
});

async function* splitWhere(
  body: WireSteps,
  isCut: (before: number, after: number) => boolean,
): AsyncGenerator<WireStep> {
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    let start = 0;
    for (let at = 1; at < step.bytes.length; at += 1) {
      if (!isCut(step.bytes[at - 1] ?? 0, step.bytes[at] ?? 0)) continue;
      yield { type: 'write', bytes: step.bytes.subarray(start, at) };
      start = at;
    }
    yield { type: 'write', bytes: step.bytes.subarray(start) };
  }
}

function isInsideCharacter(_before: number, after: number): boolean {
  // Continuation bytes of UTF-8 are 10xxxxxx.
  return (after & 0xc0) === 0x80;
}

function isBetweenLineEnd(before: number, after: number): boolean {
  return before === 13 && after === 10;
}

/** Writes split and joined at random, as in a network. */
export const randomSplits = defineFault({
  description: 'Writes end at random positions: a write has part of an event or several events.',
  defaults: { maxBytes: 400 },
  reply: (reply, { maxBytes }, { random }): Reply => ({
    ...reply,
    body: recut(reply.body, Math.max(1, maxBytes), random),
  }),
});

async function* recut(body: WireSteps, maxBytes: number, random: Random): AsyncGenerator<WireStep> {
  const nextSize = (): number => 1 + Math.floor(random() * maxBytes);
  let held = Buffer.alloc(0);
  let size = nextSize();
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    held = Buffer.concat([held, step.bytes]);
    while (held.length >= size) {
      yield { type: 'write', bytes: held.subarray(0, size) };
      held = held.subarray(size);
      size = nextSize();
    }
  }
  if (held.length > 0) yield { type: 'write', bytes: held };
}
