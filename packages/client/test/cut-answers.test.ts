import { createGemini, type Gemini, type GeminiStream, type OutcomeStatus } from '@gemini/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countCases } from '../../../scripts/count-cases.ts';
import * as wire from './chunks.ts';
import { CutServer, endings, isCleanEnd, type CutBody, type Ending } from './cut-server.ts';
import { cutDispatcher } from './cut-dispatcher.ts';
import { payloadsOf, readPrefix, type PrefixFacts } from './read-prefix.ts';
import { recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

const server = new CutServer();
let gemini: Gemini;
let impatient: Gemini;
let unwired: Gemini;
beforeAll(async () => {
  const options = {
    baseUrl: await server.listen(),
    retry: false,
    emptyAnswer: 'complete',
    manager: { maxStreams: 1_000 },
  } as const;
  gemini = createGemini(options);
  impatient = createGemini({ ...options, idleTimeoutMs: 40 });
  unwired = createGemini({ ...options, dispatcher: cutDispatcher });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Recorded {
  readonly body: Buffer;
  readonly contentType: string;
  readonly isGzip: boolean;
}

/** The last bytes of a flush of a compressor. */
const flushMark = Buffer.from([0, 0, 0xff, 0xff]);

interface Cut {
  readonly at: number;
  readonly ending: Ending;
}

const read = async (stream: GeminiStream): Promise<string> => {
  let text = '';
  try {
    for await (const piece of stream.textStream) text += piece;
  } catch {
    // The outcome reports the error.
  }
  return text;
};

/** The prefix of a body as text. */
const decode = ({ body, isGzip }: Recorded, length: number): string => {
  const prefix = body.subarray(0, length);
  if (!isGzip) return new TextDecoder().decode(prefix);
  if (length === 0) return '';
  return gunzipSync(prefix, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
};

/** The statuses that a cut answer may end with. */
const statusesOf = (
  { isFailure, isFinished, isInsideEvent }: PrefixFacts,
  ending: Ending,
): readonly OutcomeStatus[] => {
  if (isFailure) return ['failed'];
  if (!isFinished) return [isCleanEnd(ending) ? 'truncated' : 'failed'];
  if (isInsideEvent === undefined) return ['completed', 'blocked', 'truncated'];
  return isInsideEvent ? ['truncated'] : ['completed', 'blocked'];
};

/** The fault in the outcome of a cut stream, or `undefined`. */
const faultOf = async (recorded: Recorded, { at, ending }: Cut, isWired: boolean): Promise<string | undefined> => {
  const { body, contentType, isGzip } = recorded;
  const cutBody: CutBody = {
    bytes: body.subarray(0, at),
    contentType,
    contentEncoding: isGzip ? 'gzip' : undefined,
    ending,
  };
  const client = !isWired ? unwired : ending === 'silence' ? impatient : gemini;
  const stream = client.stream('anything', { model: isWired ? server.add(cutBody) : cutDispatcher.add(cutBody) });
  const streamed = await read(stream);
  const { status, error, text, response, endedBy } = await stream.outcome;
  // A reset discards bytes that were not read yet: the cut is where the client stopped reading.
  const received = stream.timing?.bytesCount ?? 0;
  const isJsonArray = contentType.includes('json');
  const facts = readPrefix(decode(recorded, received), isJsonArray);
  const whole = readPrefix(decode(recorded, body.length), isJsonArray);
  // The decoder of a compressed body may hold back bytes, unless the body ends with a flush.
  const isFlushed = !isGzip || received === body.length || body.subarray(received - 4, received).equals(flushMark);
  const statuses = statusesOf(facts, ending);
  const expected = isFlushed ? statuses : ['truncated', 'failed'];
  const hasError = status === 'truncated' || status === 'failed';
  const isPossible = hasError ? error !== undefined && error.partial === response : error === undefined;
  const isExact = isGzip ? facts.text.startsWith(text) : text === facts.text;
  if (isPossible && expected.includes(status) && isExact && streamed === text && whole.text.startsWith(text)) return;
  const got = `${status} (${error?.code}, ${endedBy}) with ${text.length} characters`;
  return `${ending} after ${received} of ${at} bytes: ${got}, expected ${expected.join()} with ${facts.text.length}`;
};

/** Runs all cuts, some at a time, and returns the first faults. */
const faultsOf = async (recorded: Recorded, cuts: readonly Cut[], isWired: boolean): Promise<string[]> => {
  const faults: string[] = [];
  const waiting = [...cuts];
  const work = async (): Promise<void> => {
    for (let cut = waiting.pop(); cut !== undefined; cut = waiting.pop()) {
      const fault = await faultOf(recorded, cut, isWired);
      if (fault !== undefined) faults.push(fault);
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: 50 }, work));
  return faults.slice(0, 5);
};

/** The place after each event of a body, in bytes. */
const bordersOf = ({ body, contentType, isGzip }: Recorded): number[] => {
  if (isGzip) return [];
  const text = body.toString();
  let at = 0;
  return payloadsOf(text, contentType.includes('json')).whole.map((payload) => {
    // A payload of several data lines is found by its last line.
    const last = payload.slice(payload.lastIndexOf('\n') + 1);
    at = text.indexOf(last, at) + last.length;
    return Buffer.byteLength(text.slice(0, at));
  });
};

/** Two bytes to each side of a border, the beginning of the next event, and the ends of the body. */
const near = (borders: readonly number[], length: number): number[] => {
  const places = borders.flatMap((border) => [-2, -1, 0, 1, 2, 6].map((step) => border + step));
  return [...new Set([...places, 1, length - 1, length])].filter((at) => at >= 1 && at <= length);
};

/** The same body with a finish reason on every chunk, as some gateways send it. */
const withStops = (recorded: Recorded): Recorded => {
  const text = decode(recorded, recorded.body.length);
  const { whole, rest } = payloadsOf(text, recorded.contentType.includes('json'));
  let body = text;
  for (const payload of [...whole, rest]) {
    if (!payload.includes('"candidates"')) continue;
    const { candidates, ...chunk } = JSON.parse(payload);
    const stopped = { ...chunk, candidates: candidates.map((each: object) => ({ ...each, finishReason: 'STOP' })) };
    body = body.replace(payload, () => JSON.stringify(stopped));
  }
  const bytes = Buffer.from(body);
  return { ...recorded, body: recorded.isGzip ? gzipSync(bytes) : bytes };
};

const recordedOf = ({ folder, file, contentType, gzip }: RecordedAnswer): Recorded => ({
  body: readFileSync(join(folder, file)),
  contentType,
  isGzip: gzip,
});

/** A gzip body that is flushed after each piece, as a server does that compresses a live stream. */
const flushedGzip = (pieces: readonly string[]): Buffer => {
  const blocks = pieces.map((piece) => deflateRawSync(piece, { finishFlush: constants.Z_SYNC_FLUSH }));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(pieces.join('')), 0);
  trailer.writeUInt32LE(Buffer.byteLength(pieces.join('')), 4);
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  return Buffer.concat([header, ...blocks, deflateRawSync(''), trailer]);
};

const events = ['one ', 'two ', 'three'].map((text) =>
  wire.body(wire.chunk([{ text }], { finishReason: 'STOP' })).toString(),
);
const interaction = [
  'event: step.start\ndata: {"event_type":"step.start","index":0,"step":{"type":"model_output"}}\n\n',
  'event: step.delta\ndata: {"event_type":"step.delta","index":0,"delta":{"type":"text","text":"one "}}\n\n',
  'event: step.delta\ndata: {"event_type":"step.delta","index":0,"delta":{"type":"text","text":"two"}}\n\n',
  'event: interaction.completed\ndata: {"event_type":"interaction.completed","interaction":{"status":"completed"}}\n\n',
  'event: done\ndata: [DONE]\n\n',
];
const recordedSse = (bytes: string | Buffer, isGzip = false): Recorded => ({
  body: Buffer.from(bytes),
  contentType: 'text/event-stream',
  isGzip,
});
// A third of what `EVERY_CASE` tries in each of the many recordings.
const few = process.env['EVERY_CASE'] === undefined ? { sockets: 7, bytes: 40 } : { sockets: 20, bytes: 120 };
const many = { sockets: 80, bytes: 1_000 };
const own = [
  { name: 'gzip with flushes', recorded: recordedSse(flushedGzip(events), true), amount: many },
  { name: 'an interaction', recorded: recordedSse(interaction.join('')), amount: many },
  { name: 'CR line ends', recorded: recordedSse(events.join('').replaceAll('\r\n', '\r')), amount: many },
];

const recordings = recordedAnswers.flatMap((entry) => {
  const recorded = recordedOf(entry);
  const amount = entry.isOwn ? many : few;
  return [
    { name: entry.file, recorded, amount: few },
    { name: `${entry.file} with STOP on every chunk`, recorded: withStops(recorded), amount },
  ];
});

/** At most `count` of the items, the same ones each time. */
const someOf = <Item>(items: readonly Item[], count: number): Item[] => {
  const gap = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_value, index) => items[Math.floor(index * gap)] as Item,
  );
};

describe.for([...own, ...recordings])(
  'a cut answer is complete only at a border after its finish reason: $name',
  ({ recorded, amount }) => {
    const { length } = recorded.body;

    it(
      'an answer cut next to an event border has the right outcome, however the body ends',
      { timeout: 120_000 },
      async ({ task }) => {
        const cuts = near(bordersOf(recorded), length).flatMap((at) => endings.map((ending) => ({ at, ending })));
        // Each cut of a large body takes long.
        const count = length > 100_000 ? 8 : amount.sockets;
        const tried = someOf(cuts, count);
        countCases(task, tried.length);
        expect(await faultsOf(recorded, tried, true)).toEqual([]);
      },
    );

    it('an answer cut at any byte has the right outcome', { timeout: 120_000 }, async ({ task }) => {
      const places = Array.from({ length: length + 1 }, (_value, at) => at).slice(1);
      const count = length > 100_000 ? 8 : amount.bytes;
      const cuts = someOf(places, count).map(
        (at, index) => ({ at, ending: index % 2 === 0 ? 'terminator' : 'reset' }) as const,
      );
      countCases(task, cuts.length);
      expect(await faultsOf(recorded, cuts, false)).toEqual([]);
    });
  },
);
