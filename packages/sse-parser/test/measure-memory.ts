import { createSseParser, parseSse, SseError, type SseParser, type SseParserOptions } from '../src/index.ts';

/**
 * Run with `--expose-gc`: pushes each input into a parser of its own and prints, as JSON, the most memory that was in
 * use after a forced collection. A program of its own, so that little else is in the heap.
 */
const limitBytes = 4 * 1024 * 1024;
const inputBytes = 64 * 1024 * 1024;
const million = 1_000_000;
const chunk = new Uint8Array(64 * 1024).fill(0x78);

const ignore = (): void => {};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function* endless(start: string): Generator<Uint8Array> {
  yield bytes(start);
  for (let sent = 0; sent < inputBytes; sent += chunk.length) yield chunk;
}

function* inOnePiece(text: string): Generator<Uint8Array> {
  yield bytes(text);
}

function* repeated(line: string, times: number, start = ''): Generator<Uint8Array> {
  yield bytes(start);
  const lines = bytes(line.repeat(1000));
  for (let sent = 0; sent < times; sent += 1000) yield lines;
}

function* singleBytes(text: string): Generator<Uint8Array> {
  yield bytes('data: ');
  const each = Array.from(bytes(text), (byte) => Uint8Array.of(byte));
  for (let sent = 0; sent <= limitBytes; sent += each.length) yield* each;
}

/** Short pieces of one event, each in a large chunk that it must not keep alive. */
function* scattered(line: string, rest: string, totalBytes: number): Generator<Uint8Array> {
  const piece = bytes(`${line}\n${rest.repeat(chunk.length / rest.length)}`);
  for (let sent = 0; sent < totalBytes; sent += piece.length) yield piece;
}

function* inTurn(...given: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* given;
}

const filled = (start: string): Uint8Array => bytes(start + 'x'.repeat(limitBytes - 1024));

const fail = (): never => {
  throw new Error('a mistake of the caller');
};

const inputs: Readonly<Record<string, () => Iterable<Uint8Array>>> = {
  'a data line of 64 MB': () => endless('data: '),
  'a data line of 64 MB in one piece': () => inOnePiece(`data: ${'x'.repeat(inputBytes)}\n\n`),
  'an event line of 64 MB': () => endless('event: '),
  'an id line of 64 MB': () => endless('id: '),
  'a retry line of 64 MB': () => endless('retry: '),
  'a comment of 64 MB': () => endless(': '),
  'a text of 64 MB': () => endless('<html>'),
  'a million comments': () => repeated(': ping\n', million),
  'a million empty lines': () => repeated('\n', million),
  'a million empty lines in a text': () => repeated('\n', million, 'text\n'),
  'a million texts': () => repeated('ping\n\n', million),
  'a million short data lines': () => repeated('data:x\n', million),
  'a million empty data lines': () => repeated('data\n', million),
  'a million event lines': () => repeated('event: x\n', million),
  'a million id lines': () => repeated('id: x\n', million),
  'a million events': () => repeated('data: x\n\n', million),
  'single bytes of a data line': () => singleBytes('x'),
  'data lines scattered among comments': () =>
    scattered('data: 0123456789012345678901234', `:${'x'.repeat(254)}\n`, inputBytes),
  'data lines scattered among blank text': () => scattered('text: 0123456789012345678901234', '\n', limitBytes),
};

const usedBytes = (): number => {
  if (globalThis.gc === undefined) throw new Error('Run with --expose-gc.');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Inputs that fill most of the limit before their last piece makes the parser fail. */
const failures: Readonly<
  Record<string, readonly [pieces: () => Iterable<Uint8Array>, options: Partial<SseParserOptions>]>
> = {
  'an open line that grows too large': [() => endless('data: '), {}],
  'data lines that grow too large': [() => endless('data: a\ndata: '), {}],
  'event lines that grow too large': [() => repeated(`event: ${'x'.repeat(1000)}\n`, 10_000), {}],
  'a byte that is not UTF-8': [() => inTurn(filled('data: '), Uint8Array.of(0xff, 0xff)), { invalidUtf8: 'error' }],
  'a callback that throws at an event': [() => inTurn(filled('data: '), bytes('\n\n')), { onEvent: fail }],
  'a callback that throws at a named event': [
    () => inTurn(filled('event: '), bytes('\ndata: a\n\n')),
    { onEvent: fail },
  ],
  'a callback that throws inside an event': [() => inTurn(filled('data: '), bytes('\n: ping\n')), { onComment: fail }],
  'a callback that throws after a text': [() => inTurn(filled('<p>'), bytes('\n: ping\n')), { onComment: fail }],
};

/** Pushes everything; gives the most memory in use on the way, and how it ended. */
const pushAll = (parser: SseParser, pieces: Iterable<Uint8Array>) => {
  let peakBytes = 0;
  let pushed = 0;
  try {
    for (const piece of pieces) {
      parser.push(piece);
      pushed += 1;
      if (pushed % (piece.length > 4 ? 256 : 1_048_576) === 0) peakBytes = Math.max(peakBytes, usedBytes());
    }
    return { outcome: 'read', peakBytes };
  } catch (error) {
    return { outcome: error instanceof SseError ? error.code : 'callback-failed', peakBytes };
  }
};

const measure = async ([name, makePieces]: readonly [string, () => Iterable<Uint8Array>]) => {
  const parser = createSseParser({ maxEventBytes: limitBytes, onEvent: ignore, onComment: ignore, onText: ignore });
  const { outcome, peakBytes } = pushAll(parser, makePieces());
  // What lay outside the heap is given back a turn after its collection.
  usedBytes();
  await new Promise(setImmediate);
  const lastBytes = usedBytes();
  // Asked only now, so that the parser was still in use when the memory was measured.
  return { name, outcome, pending: parser.pending, peakBytes: Math.max(peakBytes, lastBytes), limitBytes };
};

/** The same for an iteration that takes each event and keeps none. */
const measureIteration = async () => {
  let peakBytes = 0;
  let taken = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* repeated('data: x\n\n', million);
  }
  for await (const _event of parseSse(source(), { maxEventBytes: limitBytes })) {
    taken += 1;
    if (taken % (million / 4) === 0) peakBytes = Math.max(peakBytes, usedBytes());
  }
  return { name: 'a million events in a loop', outcome: 'read', pending: false, peakBytes, limitBytes };
};

/** How much more is in use after the failure than before the first piece, while the parser is still in use. */
const measureFailure = async (
  name: string,
  makePieces: () => Iterable<Uint8Array>,
  options: Partial<SseParserOptions>,
) => {
  const parser = createSseParser({ maxEventBytes: limitBytes, onEvent: ignore, onText: ignore, ...options });
  usedBytes();
  await new Promise(setImmediate);
  const before = usedBytes();
  const { outcome } = pushAll(parser, makePieces());
  usedBytes();
  await new Promise(setImmediate);
  const keptBytes = usedBytes() - before;
  return { name, outcome, pending: parser.pending, keptBytes };
};

const results = [await measureIteration()];
for (const input of Object.entries(inputs)) results.push(await measure(input));
const failed = [];
for (const [name, [makePieces, options]] of Object.entries(failures)) {
  failed.push(await measureFailure(name, makePieces, options));
}
process.stdout.write(JSON.stringify({ results, failed }));
