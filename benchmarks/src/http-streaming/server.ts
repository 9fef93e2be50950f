import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Sends events of 645 bytes whose text begins with the microsecond of the machine's monotonic clock at which they were
 * written: `?events=20000&perWrite=20` as fast as they are read, `?events=60&perSecond=20` at a pace. A process of its
 * own, so that what is measured is the client.
 */
const eventBytes = 645;

const eventAt = (microseconds: number): string => {
  const head = `data: {"candidates":[{"content":{"parts":[{"text":"${microseconds.toString().padStart(16, '0')} `;
  const tail = '"}],"role":"model"},"index":0}],"modelVersion":"gemini-flash-latest","responseId":"benchmark"}\r\n\r\n';
  return head + 'x'.repeat(eventBytes - head.length - tail.length) + tail;
};
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const number = (name: string): number => Number(searchParams.get(name) ?? 0);
  const [events, perWrite, perSecond] = [number('events'), number('perWrite') || 1, number('perSecond')];
  let sent = 0;
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const writeSome = (): boolean => {
    let text = '';
    for (let count = 0; count < perWrite && sent < events; count += 1) {
      text += eventAt(now());
      sent += 1;
    }
    return response.write(text);
  };
  if (perSecond === 0) {
    const flood = (): void => {
      while (sent < events) if (!writeSome()) return void response.once('drain', flood);
      response.end();
    };
    return flood();
  }
  // Streams that began together do not go on in step.
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    writeSome();
    if (sent < events) return;
    clearInterval(timer);
    response.end();
  };
  setTimeout(
    () => {
      timer = setInterval(tick, 1_000 / perSecond);
      tick();
    },
    (Math.random() * 1_000) / perSecond,
  );
  response.on('close', () => clearInterval(timer));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4_096, () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
