import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Answers `/<events>/<events a second>/<events a write>/<bytes an event>/<events before silence>/…` with that many events:
 * as fast as they are read for 0 a second, one a write, of 645 bytes and without a silence if the path does not say. Each
 * begins with the microsecond of the machine's monotonic clock at which it was written. `/end` ends all streams that have a
 * pace, each with its last event. A process of its own, so that what is measured is the client.
 */
const usualBytes = 645;

// The counts change with every chunk, as Gemini's do.
const eventAt = (place: number, isLast: boolean, eventBytes: number): string => {
  const stamp = (process.hrtime.bigint() / 1_000n).toString().padStart(16, '0');
  const head = `data: {"candidates":[{"content":{"parts":[{"text":"${stamp} `;
  const finish = isLast ? ',"finishReason":"STOP"' : '';
  const tail = `"}],"role":"model"}${finish},"index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":${place},"totalTokenCount":${12 + place}},"modelVersion":"gemini-flash-latest","responseId":"benchmark"}\r\n\r\n`;
  return head + 'x'.repeat(Math.max(0, eventBytes - head.length - tail.length)) + tail;
};

/** Ends a stream that has a pace. */
const paced = new Set<() => void>();

const server = createServer((request, response) => {
  if (request.url === '/end') {
    for (const end of paced) end();
    return void response.end();
  }
  // What is no number is the path that a client put behind.
  const [, events = 0, perSecond = 0, asked = 0, bytes = 0, audible = 0] = (request.url ?? '')
    .split('/')
    .map((part) => Number(part) || 0);
  const perWrite = asked || 1;
  let sent = 0;
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const write = (): boolean => {
    let text = '';
    for (let count = 0; count < perWrite && sent < events; count += 1) {
      sent += 1;
      text += eventAt(sent, sent === events, bytes || usualBytes);
    }
    return response.write(text);
  };
  if (perSecond === 0) {
    const flood = (): void => {
      while (sent < events) if (!write()) return void response.once('drain', flood);
      response.end();
    };
    return flood();
  }
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    write();
    if (sent === events || (audible > 0 && sent >= audible)) clearInterval(timer);
    if (sent === events) response.end();
  };
  const end = (): void => {
    response.write(eventAt(events, true, bytes || usualBytes));
    clearInterval(timer);
    response.end();
  };
  paced.add(end);
  // Streams that began together do not stay in step.
  timer = setTimeout(
    () => {
      timer = setInterval(tick, 1_000 / perSecond);
      tick();
    },
    (Math.random() * 1_000) / perSecond,
  );
  response.on('close', () => {
    clearInterval(timer);
    paced.delete(end);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4_096, () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
