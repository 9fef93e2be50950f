import type { Fault } from '@gemini/emulator';
import type { Expectation, SdkCase } from './sdk-case.ts';

/** A scenario of the emulator by its name, or its faults. */
export type GeminiServer = string | { readonly faults: readonly Fault[] } | { readonly listener: string };

type GeminiCase = SdkCase<GeminiServer>;

const whole: Expectation = { type: 'whole' };
const time = /time|within/i;
const network = /terminated|fetch failed|lost|reset|closed|socket|cut|ended|network/i;
const cut = /cut|truncat|ended|incomplete|terminated|lost|closed|socket/i;

const cutAfter = (events: number, words = cut): Expectation => ({ type: 'error', events, words });
const refusedWith = (status: number, more: Partial<Extract<Expectation, { type: 'error' }>> = {}): Expectation => ({
  type: 'error',
  events: 0,
  status,
  ...more,
});
const named = (names: readonly string[], expected: Expectation, hangMs?: number): GeminiCase[] =>
  names.map((name) => ({ name, server: name, expected, hangMs }));
const made = (name: string, faults: readonly Fault[], expected: Expectation): GeminiCase => ({
  name,
  server: { faults },
  expected,
});
const inEvent = (status: number, events: number, more = {}): Expectation => ({
  type: 'error',
  events,
  status,
  ...more,
});

const longer = 20_000;

/** A hundred things that happen to streams of Gemini: most of the emulator's scenarios, and some of its faults. */
export const geminiCases: readonly GeminiCase[] = [
  // The same stream, written in other ways.
  ...named(
    [
      'event-line-before-data',
      'id-line-before-data',
      'comment-inside-event',
      'retry-line',
      'several-data-lines',
      'lf-line-ends',
      'cr-line-ends',
      'mixed-line-ends',
      'byte-order-mark',
      'no-space-after-colon',
      'done-sentinel',
      'one-byte-writes',
      'split-characters',
      'split-line-ends',
      'random-splits',
      'json-array',
      'close-delimited',
    ],
    whole,
  ),
  // Slow, silent, large.
  ...named(['buffered-blocks', 'gzip-without-flush', 'gzip-with-flush', 'late-headers'], whole),
  ...named(['slow-drip'], whole, longer),
  made(
    'longer than every limit, and healthy',
    [
      { type: 'many-pieces', count: 50 },
      { type: 'pause', beforeEventMs: 100, headersFirst: true },
    ],
    { type: 'whole', text: /piece 49/ },
  ),
  ...named(['silence-before-headers', 'silence-after-headers'], cutAfter(0, time), longer),
  ...named(['silence-after-content'], cutAfter(3, time)),
  ...named(['silence-after-finish'], whole),
  ...named(['comments-only'], cutAfter(1, time)),
  made(
    'a data line of 8 MB',
    [{ type: 'flood', what: 'line', megabytes: 8 }],
    cutAfter(1, /large|more than|cut|JSON/i),
  ),
  made('comments of 1 MB, then the end', [{ type: 'flood', what: 'comments', megabytes: 1 }], cutAfter(1)),
  made('one event of 2 MB', [{ type: 'large-part', megabytes: 2 }], whole),
  made('3,000 events at once', [{ type: 'many-pieces', count: 3_000 }], { type: 'whole', text: /piece 2999/ }),
  // Bodies that end early, or with an error.
  ...named(['last-event-unterminated', 'reset-after-finish', 'content-length-long'], whole),
  ...named(['last-event-cut', 'content-length-short'], cutAfter(4)),
  ...named(['bad-json'], cutAfter(2, /JSON|parsing/i)),
  ...named(['error-event', 'error-event-without-code', 'raw-json-error'], inEvent(503, 3)),
  ...named(['error-event-quota'], inEvent(429, 3)),
  ...named(['error-event-first', 'raw-json-error-only'], inEvent(503, 0, { orWhole: true }), longer),
  ...named(['no-finish-reason', 'closed-in-the-middle', 'reset-after-content', 'reset-inside-event'], cutAfter(3)),
  ...named(['close-delimited-cut'], cutAfter(3)),
  ...named(['reset-before-headers'], cutAfter(0, network), longer),
  ...named(['broken-chunked-encoding'], cutAfter(2)),
  ...named(['finish-never'], cutAfter(5)),
  // Refusals.
  ...named(['quota-retry-info'], refusedWith(429, { orWhole: true, waitMs: 4_900 }), longer),
  ...named(['quota-retry-after'], refusedWith(429, { orWhole: true, waitMs: 900 }), longer),
  ...named(['quota-per-day', 'quota-as-event-stream'], refusedWith(429), longer),
  ...named(['unavailable-then-fine'], refusedWith(503, { orWhole: true }), longer),
  ...named(['always-unavailable', 'error-body-cut', 'error-body-silent'], refusedWith(503), longer),
  ...named(['error-in-array'], refusedWith(503, { words: /model is overloaded/i }), longer),
  ...named(['invalid-argument'], refusedWith(400, { words: /invalid argument/i })),
  ...named(['unauthenticated'], refusedWith(401, { words: /authentication credentials/i })),
  ...named(['permission-denied'], refusedWith(403, { words: /does not have permission/i })),
  ...named(['not-found'], refusedWith(404, { words: /entity was not found/i })),
  ...named(['bad-gateway'], refusedWith(502), longer),
  made('an error body of 4 MB', [{ type: 'error-status' }, { type: 'flood', megabytes: 4 }], refusedWith(503)),
  ...named(['html-page'], cutAfter(0, /event stream|html|content.type/i)),
  ...named(['no-content', 'empty-body'], cutAfter(0, /empty|event stream|no content|body/i)),
  ...named(['no-content-type'], whole),
  // Redirects: the key may not leave the origin.
  ...named(['redirect-301', 'redirect-307', 'redirect-308'], {
    type: 'error',
    events: 0,
    forbidden: /__redirected/,
  }),
  ...named(['redirect-same-origin'], whole),
  ...named(['redirect-loop'], { type: 'error', events: 0, words: /redirect/i }, longer),
  // Valid chunks that are unusual.
  ...named(['blocked-prompt'], { type: 'whole', text: /^$/, sign: /SAFETY|content-filter/ }),
  ...named(['two-candidates'], whole),
  ...named(['continuation'], { type: 'whole', text: /./, sign: /STOP|CONTINUATION|other/i }),
  ...named(['checkpoint-then-reset', 'checkpoint-then-text-then-reset'], {
    type: 'error',
    events: 2,
    words: cut,
    orWhole: true,
  }),
  ...named(['reset-then-fine'], { type: 'error', events: 3, words: cut, orWhole: true }),
  ...named(
    [
      'usage-only-chunk',
      'last-chunk-without-content',
      'signature-on-empty-text',
      'finish-on-every-chunk',
      'finish-early',
    ],
    whole,
  ),
  ...named(['finish-safety'], { type: 'whole', sign: /SAFETY|content-filter/ }),
  ...named(['finish-max-tokens'], { type: 'whole', sign: /MAX_TOKENS|length/ }),
  ...named(['finish-malformed-call'], { type: 'whole', sign: /MALFORMED_FUNCTION_CALL|error/ }),
  // Servers that are not there.
  ...['connection-refused', 'name-not-found', 'connect-hangs', 'tls-handshake-hangs'].map((name): GeminiCase => ({
    name,
    server: { listener: name },
    expected: { type: 'error', events: 0, words: /fetch failed|connect|time/i },
    hangMs: 40_000,
  })),
  ...['tls-unknown-issuer', 'tls-expired'].map((name): GeminiCase => ({
    name,
    server: { listener: name },
    expected: { type: 'error', events: 0, words: /certificate|issuer|altname|expired/i },
    hangMs: longer,
  })),
  // A caller who leaves.
  made(
    'the caller leaves the loop',
    [
      { type: 'many-pieces', count: 1_000 },
      { type: 'pause', beforeEventMs: 50 },
    ],
    { type: 'left', how: 'break' },
  ),
  made('the caller leaves a flood', [{ type: 'flood', what: 'events', megabytes: 0 }], { type: 'left', how: 'break' }),
  made(
    'the caller aborts',
    [
      { type: 'many-pieces', count: 1_000 },
      { type: 'pause', beforeEventMs: 50 },
    ],
    { type: 'left', how: 'abort' },
  ),
  made('the caller aborts a silence', [{ type: 'silence', afterEvents: 1 }], { type: 'left', how: 'abort' }),
];
