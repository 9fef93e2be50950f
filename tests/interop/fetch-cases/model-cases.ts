import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { type ModelReply, type ModelRequest, type Step } from '../../../packages/fetch/test/model-server.ts';
import { type Frame, framesBefore, frameText, type ModelWire } from '../../../packages/fetch/test/model-wires.ts';
import type { Expectation, SdkCase } from './sdk-case.ts';

/** The replies of a server to the requests of one case, or the address of one that is not there. */
export type ModelCaseServer =
  | { readonly replies: readonly ModelReply[] | ((url: string, request: ModelRequest) => readonly ModelReply[]) }
  | { readonly address: string };

type ModelCase = SdkCase<ModelCaseServer>;

const whole: Expectation = { type: 'whole' };
const time = /time|within/i;
const cut = /cut|truncat|ended|incomplete|terminated|lost|closed|socket/i;
const longer = 25_000;
const overloaded = 'The server is overloaded.';

const write = (bytes: string | Uint8Array): Step => ({ type: 'write', bytes });
const end: Step = { type: 'end' };
const cutAfter = (events: number, words = cut): Expectation => ({ type: 'error', events, words });
const refusedWith = (status: number, more: Partial<Extract<Expectation, { type: 'error' }>> = {}): Expectation => ({
  type: 'error',
  events: 0,
  status,
  ...more,
});

/** Returns the 66 cases in the wire of OpenAI or Anthropic. */
export function modelCases(wire: ModelWire): readonly ModelCase[] {
  const textOf = (frames: readonly Frame[]): string => frames.map(frameText).join('');
  const answer = textOf(wire.frames);
  const fine: ModelReply = { steps: [...wire.frames.map((frame) => write(frameText(frame))), end] };
  const upTo = (piece: number): string => textOf(framesBefore(wire, piece));
  const finished = textOf(wire.frames.slice(0, wire.name === 'openai' ? -2 : -1));

  const reply = (name: string, given: ModelReply, expected: Expectation, hangMs?: number): ModelCase => ({
    name,
    server: { replies: [given] },
    expected,
    hangMs,
  });
  const body = (name: string, text: string | Uint8Array, expected = whole, more: Partial<ModelReply> = {}): ModelCase =>
    reply(name, { ...more, steps: [write(text), end] }, expected);
  const steps = (name: string, list: readonly Step[], expected: Expectation, hangMs?: number): ModelCase =>
    reply(name, { steps: list }, expected, hangMs);
  const refusal = (
    name: string,
    status: number,
    type: string,
    expected: Expectation,
    { headers, second }: { readonly headers?: Record<string, string>; readonly second?: ModelReply } = {},
  ): ModelCase => {
    const refused: ModelReply = {
      status,
      contentType: 'application/json',
      headers,
      steps: [write(wire.errorBody(type, overloaded)), end],
    };
    return {
      name,
      server: { replies: second === undefined ? [refused] : [refused, second] },
      expected,
      hangMs: longer,
    };
  };
  const redirect = (name: string, status: number, to: (url: string) => string, expected: Expectation): ModelCase => ({
    name,
    server: { replies: (url, { path }) => [path.includes('/redirected') ? fine : redirectTo(status, to(url))] },
    expected,
    hangMs: longer,
  });
  const spaced = (between: string): string => wire.frames.map((frame) => between + frameText(frame)).join('');
  const slow = (ms: number, times = 1): Step[] =>
    Array.from({ length: times }, () => framesBefore(wire, Infinity))
      .flat()
      .flatMap((frame): Step[] => [{ type: 'wait', ms }, write(frameText(frame))]);
  const keepAlive = Array.from({ length: 200 }).flatMap((): Step[] => [
    { type: 'wait', ms: 100 },
    write(': alive\n\n'),
  ]);
  const repeated = Array.from({ length: 400 }, () => wire.frames.find(({ piece }) => piece !== undefined));
  const endless = repeated
    .filter((frame) => frame !== undefined)
    .map(frameText)
    .join('');
  const elsewhere = (url: string): string => `${url.replace('127.0.0.1', 'localhost')}/redirected`;
  const isStolen: Expectation = { type: 'error', events: 0, forbidden: /redirected/ };

  return [
    // The same stream, written in other ways.
    reply('as it is', fine, whole),
    body('comments between events', spaced(': ping\n')),
    body('ids and reconnection times', spaced('id: 7\nretry: 10\n')),
    body('CRLF', answer.replaceAll('\n', '\r\n')),
    body('CR', answer.replaceAll('\n', '\r')),
    body('a byte order mark', `\uFEFF${answer}`),
    body('no space after the colon', answer.replaceAll('data: ', 'data:').replaceAll('event: ', 'event:')),
    body('JSON over several lines', textOf(wire.frames.map(prettyFrame))),
    steps('each byte by itself', [...Buffer.from(answer)].map((byte) => write(Uint8Array.of(byte))).concat(end), whole),
    body('the end of the connection is the end', answer, whole, { framing: 'close' }),
    body('a length', answer, whole, { framing: { length: Buffer.byteLength(answer) } }),
    body('a content type with a charset', answer, whole, { contentType: 'text/event-stream; charset=utf-8' }),
    body('no content type', answer, whole, { contentType: null }),
    // Compressed, slow, silent, large.
    body('gzip', gzipSync(answer), whole, { headers: { 'content-encoding': 'gzip' } }),
    body('deflate', deflateSync(answer), whole, { headers: { 'content-encoding': 'deflate' } }),
    body('brotli', brotliCompressSync(answer), whole, { headers: { 'content-encoding': 'br' } }),
    body(
      'gzip that is cut',
      gzipSync(answer, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, 150),
      cutAfter(0, /cut|truncat|end|incomplete|terminated/i),
      { headers: { 'content-encoding': 'gzip' } },
    ),
    reply('late headers', { ...fine, beforeHeadersMs: 1_000 }, whole),
    steps('slower than every limit together', [...slow(400), end], whole),
    reply('silence before the headers', { steps: [], beforeHeadersMs: Infinity }, cutAfter(0, time), longer),
    steps('silence after the headers', [{ type: 'hang' }], cutAfter(0, time)),
    steps('silence after content', [write(upTo(3)), { type: 'hang' }], cutAfter(3, time)),
    steps('silence after the finish', [write(finished), { type: 'hang' }], whole),
    steps('comments without content', [write(upTo(1)), ...keepAlive], cutAfter(1, time)),
    body('comments of 1 MB, then the end', upTo(1) + ': still here\n\n'.repeat(80_000), cutAfter(1)),
    body('a line of 8 MB', `${upTo(1)}data: "${'x'.repeat(8 * 1024 * 1024)}`, cutAfter(1, /large|more than|cut|JSON/i)),
    // Bodies that end early.
    body('the last blank line is missing', answer.trimEnd()),
    body('a clean end after content', upTo(3), cutAfter(3)),
    body('a clean end after the first event', upTo(0), cutAfter(0)),
    body(
      'a clean end inside an event',
      upTo(3) + frameText(framesBefore(wire, 4).at(-1) ?? { data: '' }).slice(0, 40),
      cutAfter(3),
    ),
    body('a finished answer without its sentinel', finished),
    steps('a close in the middle', [write(upTo(3)), { type: 'close' }], cutAfter(3)),
    steps('a reset after content', [write(upTo(3)), { type: 'wait', ms: 50 }, { type: 'reset' }], cutAfter(3)),
    steps(
      'a reset inside an event',
      [write(`${upTo(3)}data: {"`), { type: 'wait', ms: 50 }, { type: 'reset' }],
      cutAfter(3),
    ),
    reply(
      'a reset before the headers',
      { steps: [{ type: 'reset' }], beforeHeadersMs: 1, status: 200 },
      cutAfter(0, /./),
      longer,
    ),
    steps('a reset after the end', [write(answer), { type: 'wait', ms: 50 }, { type: 'reset' }], whole),
    reply(
      'a length that is too long',
      { framing: { length: Buffer.byteLength(answer) + 40 }, steps: [write(answer), { type: 'close' }] },
      whole,
    ),
    reply(
      'a length that is too short',
      {
        framing: { length: Buffer.byteLength(upTo(4)) - 20 },
        headers: { connection: 'close' },
        steps: [write(upTo(4)), { type: 'close' }],
      },
      cutAfter(3),
    ),
    steps(
      'broken chunked encoding',
      [write(upTo(2)), { type: 'raw', bytes: 'no-size\r\n' }, { type: 'close' }],
      cutAfter(2),
    ),
    body('a body without a length that is cut', `${upTo(3)}data: {"id":`, cutAfter(3), { framing: 'close' }),
    body(
      'an event that is not JSON',
      `${upTo(2)}${frameText({ name: wire.frames.at(-4)?.name, data: '{"a":' })}${upTo(Infinity)}`,
      cutAfter(2, /JSON/i),
    ),
    // Errors with status 200.
    body(
      'an error after content',
      upTo(3) + frameText(wire.errorFrame('overloaded_error', overloaded)),
      cutAfter(3, /overloaded/i),
    ),
    body('an error first', frameText(wire.errorFrame('overloaded_error', overloaded)), cutAfter(0, /overloaded/i)),
    steps(
      'an error, and then silence',
      [write(upTo(3) + frameText(wire.errorFrame('overloaded_error', overloaded))), { type: 'hang' }],
      cutAfter(3, /overloaded/i),
    ),
    body(
      'an error as bare JSON after content',
      `${upTo(3)}${pretty(wire.errorBody('server_error', overloaded))}`,
      cutAfter(3, /overloaded/i),
    ),
    body('an error as bare JSON alone', pretty(wire.errorBody('server_error', overloaded)), cutAfter(0, /overloaded/i)),
    body(
      'an error as JSON, with status 200',
      wire.errorBody('rate_limit_error', overloaded),
      refusedWith(429, { words: /overloaded/i }),
      { contentType: 'application/json' },
    ),
    // Refusals.
    refusal('400', 400, 'invalid_request_error', refusedWith(400, { words: /overloaded/i })),
    refusal('401', 401, 'authentication_error', refusedWith(401, { words: /overloaded/i })),
    refusal('429, then an answer', 429, 'rate_limit_error', refusedWith(429, { orWhole: true, waitMs: 900 }), {
      headers: { 'retry-after': '1' },
      second: fine,
    }),
    refusal('429 for a day', 429, 'rate_limit_error', refusedWith(429), { headers: { 'retry-after': '86400' } }),
    refusal('500, then an answer', 500, 'api_error', refusedWith(500, { orWhole: true }), { second: fine }),
    refusal('529 always', 529, 'overloaded_error', refusedWith(529, { words: /overloaded/i })),
    reply(
      'a refusal whose body is silent',
      { status: 503, contentType: 'application/json', steps: [write('{"error":{"mess'), { type: 'hang' }] },
      refusedWith(503),
      longer,
    ),
    reply(
      'a refusal whose body is cut',
      { status: 503, contentType: 'application/json', steps: [write('{"error":{"mess'), { type: 'close' }] },
      refusedWith(503),
      longer,
    ),
    body('the page of a gateway', '<h1>Bad Gateway</h1>', refusedWith(502, { words: /502/ }), {
      status: 502,
      contentType: 'text/html',
    }),
    // No event stream.
    body('a page with status 200', '<h1>Log in</h1>', cutAfter(0, /event stream|html|content.type/i), {
      contentType: 'text/html',
    }),
    body(
      'an answer that is not streamed',
      '{"id":"1","object":"chat.completion","choices":[]}',
      cutAfter(0, /event stream|JSON/i),
      { contentType: 'application/json' },
    ),
    steps('an empty body', [end], cutAfter(0, /empty|event stream/i)),
    // Redirects.
    redirect('a redirect to another origin, 307', 307, elsewhere, isStolen),
    redirect('a redirect to another origin, 301', 301, elsewhere, isStolen),
    redirect('a redirect within the origin', 307, (url) => `${url}/redirected`, whole),
    // Servers that are not there, and callers who leave.
    {
      name: 'a refused connection',
      server: { address: 'http://127.0.0.1:1' },
      expected: cutAfter(0, /connect/i),
      hangMs: longer,
    },
    steps('the caller leaves the loop', [...slow(50, 20), end], { type: 'left', how: 'break' }),
    reply('the caller leaves a flood', { steps: floodOf(upTo(0), endless) }, { type: 'left', how: 'break' }),
    steps('the caller aborts', [...slow(50, 20), end], { type: 'left', how: 'abort' }),
  ];
}

function redirectTo(status: number, location: string): ModelReply {
  return { status, contentType: null, headers: { location }, framing: { length: 0 }, steps: [] };
}

/** A generator that can be begun again for each request. */
function floodOf(first: string, more: string): Iterable<Step> {
  return {
    *[Symbol.iterator](): Generator<Step> {
      yield write(first);
      for (;;) yield write(more);
    },
  };
}

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), undefined, 2);
}

function prettyFrame(frame: Frame): Frame {
  return frame.data.startsWith('{') ? { ...frame, data: pretty(frame.data).replaceAll('\n', '\ndata: ') } : frame;
}
