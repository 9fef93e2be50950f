import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openPage } from './open-page.ts';
import { eventStreamCases, type EventStreamMessage } from '../../packages/sse-parser/test/event-stream-cases.ts';

const parserFolder = fileURLToPath(new URL('../../packages/sse-parser/', import.meta.url));
const dependencyFolder = dirname(createRequire(join(parserFolder, 'package.json')).resolve('eventsource-parser'));

/** The page's report on one stream. */
interface StreamReport {
  /** By the browser's own EventSource. */
  readonly eventSource: readonly EventStreamMessage[];
  /** By this package, from the chunks of a fetch. */
  readonly pushed: readonly EventStreamMessage[];
  readonly iterated: readonly string[];
  readonly piped: readonly string[];
  readonly difference: unknown;
}

/** Runs in the page. The modules are the package's own sources, with their types stripped. */
const program = `
  import { createSseParser, parseSse, SseParserStream } from '@gemini/sse-parser';
  import { checkSplitInvariance } from '@gemini/sse-parser/testing';

  const readByEventSource = (url, types) => new Promise((resolve) => {
    const messages = [];
    const source = new EventSource(url);
    for (const type of types) {
      source.addEventListener(type, ({ data, lastEventId }) => messages.push({ type, data, lastEventId }));
    }
    // The stream is over, and it would connect again.
    source.onerror = () => {
      source.close();
      resolve(messages);
    };
  });

  const readByPush = async (body) => {
    const messages = [];
    const parser = createSseParser({
      onEvent: ({ event = 'message', data }) => messages.push({ type: event, data, lastEventId: parser.lastEventId }),
    });
    const reader = body.getReader();
    for (let result = await reader.read(); !result.done; result = await reader.read()) parser.push(result.value);
    parser.end();
    return messages;
  };

  const readByIteration = async (body) => {
    const iterated = [];
    for await (const { data } of parseSse(body)) iterated.push(data);
    return iterated;
  };

  const readByPipe = async (body) => {
    const piped = [];
    await body.pipeThrough(new SseParserStream()).pipeTo(new WritableStream({ write: ({ data }) => piped.push(data) }));
    return piped;
  };

  const open = async (url) => (await fetch(url)).body ?? new ReadableStream({ start: (controller) => controller.close() });

  try {
    const reports = [];
    for (const { url, types } of await (await fetch('/streams')).json()) {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      reports.push({
        eventSource: await readByEventSource(url, types),
        pushed: await readByPush(await open(url)),
        iterated: await readByIteration(await open(url)),
        piped: await readByPipe(await open(url)),
        difference: checkSplitInvariance(bytes).difference ?? null,
      });
    }
    await fetch('/report', { method: 'POST', body: JSON.stringify({ reports }) });
  } catch (error) {
    await fetch('/report', { method: 'POST', body: JSON.stringify({ error: String(error?.stack ?? error) }) });
  }
`;

const imports = {
  '@gemini/sse-parser': '/parser/index.ts',
  '@gemini/sse-parser/testing': '/parser/testing.ts',
  'eventsource-parser': '/eventsource-parser/index.js',
};
const page = `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">${program}</script>`;

/** Sends a stream in two pieces that arrive apart. */
const sendStream = (response: ServerResponse, wire: Uint8Array): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const middle = wire.length >> 1;
  response.write(wire.subarray(0, middle), () => response.end(wire.subarray(middle)));
};

const send = (response: ServerResponse, type: string, text: string): void => {
  response.writeHead(200, { 'content-type': type }).end(text);
};

const sendFile = (response: ServerResponse, pathname: string): void => {
  const name = basename(pathname);
  if (pathname.startsWith('/parser/')) {
    const source = readFileSync(join(parserFolder, 'src', name), 'utf8');
    send(response, 'text/javascript', stripTypeScriptTypes(source));
  } else send(response, 'text/javascript', readFileSync(join(dependencyFolder, name), 'utf8'));
};

const listStreams = (): string =>
  JSON.stringify(
    eventStreamCases.map(({ events }, index) => ({
      url: `/stream/${index}`,
      types: [...new Set(['message', ...events.map(({ type }) => type)])],
    })),
  );

/** The page, the modules and the streams, and the report that the page sends back. */
const startServer = async () => {
  const { promise, resolve, reject } = Promise.withResolvers<readonly StreamReport[]>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const wire = eventStreamCases[Number(/^\/stream\/(\d+)$/.exec(pathname)?.[1])]?.wire;
    if (wire) sendStream(response, wire);
    else if (pathname === '/') send(response, 'text/html', page);
    else if (pathname === '/streams') send(response, 'application/json', listStreams());
    else if (pathname === '/report') {
      const report = (await json(request)) as { error?: string; reports: readonly StreamReport[] };
      response.end();
      if (report.error === undefined) resolve(report.reports);
      else reject(new Error(report.error));
    } else if (/\.[jt]s$/.test(pathname)) sendFile(response, pathname);
    else response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      reject(error);
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reports: promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

it("reads every stream in Chromium as Chromium's own EventSource does", async () => {
  await using server = await startServer();
  await using _page = openPage(server.url);
  const reports = await server.reports;
  const named = reports.map((report, index) => ({ name: eventStreamCases[index]?.name, ...report }));
  expect(named).toEqual(
    eventStreamCases.map(({ name, events }) => {
      const data = events.map((event) => event.data);
      return { name, eventSource: events, pushed: events, iterated: data, piped: data, difference: null };
    }),
  );
});
