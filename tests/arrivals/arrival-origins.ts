import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';

/** A way in which a server writes its events: each write's pause before it, and how many events it has. */
export interface Pace {
  readonly name: string;
  readonly writes: readonly { readonly pauseMs: number; readonly events: number }[];
  readonly eventBytes: number;
}

const evenly = (count: number, pauseMs: number, events = 1): Pace['writes'] =>
  Array.from({ length: count }, () => ({ pauseMs, events }));

// Pareto with a shape of 1.2 above 5 ms, cut at 600: most pauses are short, some are very long. Its quantiles in an
// order that looks random and is the same each time.
const heavyTailed = (count: number): Pace['writes'] =>
  Array.from({ length: count }, (_, index) => {
    const share = (((index * 17) % count) + 0.5) / count;
    return { pauseMs: Math.min(600, 5 * share ** (-1 / 1.2)), events: 1 };
  });

/** The recorded cases. */
export const paces: readonly Pace[] = [
  { name: '40 events, one every 25 ms', writes: evenly(40, 25), eventBytes: 645 },
  { name: '100 events, 200 a second', writes: evenly(100, 5), eventBytes: 645 },
  { name: '12 events, one every 200 ms', writes: evenly(12, 200), eventBytes: 645 },
  { name: '40 events with heavy-tailed pauses', writes: heavyTailed(40), eventBytes: 645 },
  { name: '15 events of 40 KB, one every 60 ms', writes: evenly(15, 60), eventBytes: 40_000 },
  { name: '40 events, four at a time', writes: evenly(10, 150, 4), eventBytes: 645 },
];

// Text that a compressor cannot make much smaller, as an answer's is not.
const letters = (length: number, seed: number): string => {
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += (state % 1_000_003).toString(36);
  }
  return text.slice(0, length);
};

// Its text begins with the moment at which it is written, in milliseconds of this process's clock.
const eventText = (bytes: number, index: number): string => {
  const head = `data: {"candidates":[{"content":{"parts":[{"text":"${performance.now().toFixed(2)} `;
  const tail = '"}],"role":"model"},"index":0}]}\r\n\r\n';
  return head + letters(bytes - head.length - tail.length, index) + tail;
};

const answer = async (response: ServerResponse, { writes, eventBytes }: Pace, coding: string): Promise<void> => {
  const compressor = coding === 'plain' ? undefined : createGzip();
  const headers = compressor === undefined ? {} : { 'content-encoding': 'gzip' };
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  response.flushHeaders();
  compressor?.pipe(response);
  let index = 0;
  for (const { pauseMs, events } of writes) {
    await delay(pauseMs);
    let text = '';
    for (let count = 0; count < events; count += 1) text += eventText(eventBytes, (index += 1));
    (compressor ?? response).write(text);
    if (coding === 'flushed') compressor?.flush(constants.Z_SYNC_FLUSH);
  }
  (compressor ?? response).end();
};

/**
 * Answers `…/<coding>/<number of the pace>`, whatever stands in front: `plain`, gzip that is `flushed` after each write,
 * or `unflushed`.
 */
export const createOrigin = () =>
  createServer((request, response) => {
    const [coding = '', number = ''] = (request.url ?? '').split('/').slice(-2);
    const pace = paces[Number(number)];
    request.resume();
    if (pace === undefined) response.writeHead(404).end();
    else void answer(response, pace, coding);
  });
