import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { createStreamManager } from '@gemini/stream-manager';
import { pipeSse } from '@gemini/stream-manager/sse';

/** The report of a client that followed a stream through cuts. */
export interface FollowerReport {
  /** The ids of the events, and their data, in the order of arrival. */
  readonly events: readonly (readonly [id: string, data: string])[];
  /** The data of the frames named `end`. */
  readonly ends: readonly string[];
  /** How often the connection was opened. */
  readonly opens: number;
}

/** A server of word streams, behind a proxy that cuts its event streams. */
export interface CutExample extends AsyncDisposable {
  readonly url: string;
  /** The status of each answer to a GET of a stream, and the id it was asked to continue after. */
  readonly answers: readonly { readonly status: number; readonly lastEventId: string | undefined }[];
  /** The report of the page. */
  readonly report: Promise<FollowerReport>;
  /** Starts a stream of these many words after `You said:`; the path of the stream. */
  start(words: number): Promise<string>;
}

/** As much of an `EventSource` as the follower uses: the browser's and other people's have it alike. */
interface EventSourceLike {
  readonly readyState: number;
  readonly CLOSED: number;
  addEventListener(type: string, listener: (event: { data?: unknown; lastEventId?: string }) => void): void;
}

/** Follows a stream until its client gives up for good, and reports; runs in a page as well as in Node. */
export const followToTheEnd = (
  EventSource: new (url: string) => EventSourceLike,
  url: string,
): Promise<FollowerReport> =>
  new Promise((resolve) => {
    const events: [string, string][] = [];
    const ends: string[] = [];
    let opens = 0;
    const source = new EventSource(url);
    source.addEventListener('open', () => opens++);
    source.addEventListener('message', ({ lastEventId, data }) => events.push([String(lastEventId), String(data)]));
    source.addEventListener('end', ({ data }) => ends.push(String(data)));
    // Only the server's 204 closes it.
    source.addEventListener('error', () => {
      if (source.readyState === source.CLOSED) resolve({ events, ends, opens });
    });
  });

/** Cuts the first `cuts` answers of a stream after every `framesPerCut` frames, in the middle of one. */
export async function serveCutExample(cuts: number, framesPerCut: number): Promise<CutExample> {
  const origin = await listen(createWordServer());
  const answers: { status: number; lastEventId: string | undefined }[] = [];
  const report = Promise.withResolvers<FollowerReport>();
  let cutsLeft = cuts;

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const upstream = send(
      { port: portOf(origin), method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        const status = answer.statusCode ?? 0;
        response.writeHead(status, answer.headers);
        response.flushHeaders();
        if (request.method !== 'GET') return void answer.pipe(response);
        answers.push({ status, lastEventId: request.headers['last-event-id']?.toString() });
        let frames = 0;
        answer.on('data', (chunk: Buffer) => {
          frames += chunk.toString().split('\nid: ').length;
          const isCut = cutsLeft > 0 && frames > framesPerCut;
          response.write(isCut ? chunk.subarray(0, chunk.length - 5) : chunk);
          if (!isCut) return;
          cutsLeft--;
          // What was written is to arrive before the connection breaks.
          setImmediate(() => response.destroy());
          upstream.destroy();
        });
        answer.on('end', () => response.end());
        answer.on('error', () => response.destroy());
      },
    );
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/streams') === true) return pass(request, response);
    if (request.url === '/report') {
      report.resolve(JSON.parse(await text(request)) as FollowerReport);
      response.end();
      return;
    }
    const path = new URL(request.url ?? '/', 'http://localhost').searchParams.get('follow');
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><script type="module">
      const follow = ${followToTheEnd.toString()};
      const report = await follow(EventSource, ${JSON.stringify(path)});
      await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
    </script>`);
  }

  const server = await listen(
    createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    }),
  );
  const url = `http://127.0.0.1:${portOf(server)}`;

  return {
    url,
    answers,
    report: report.promise,
    async start(words) {
      const body = Array.from({ length: words }, (_, index) => `word-${index}`).join(' ');
      const { headers } = await fetch(`${url}/streams`, { method: 'POST', body });
      return headers.get('location') ?? '';
    },
    async [Symbol.asyncDispose]() {
      for (const each of [server, origin]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

/** Answers a POST with the path of a new stream of the body's words, and a GET of that path with the stream. */
function createWordServer(): Server {
  const streams = createStreamManager<{ word: string }>();
  return createServer((request, response) => {
    async function answer(): Promise<void> {
      if (request.method !== 'POST') {
        return pipeSse(streams.get(request.url?.replace('/streams/', '') ?? ''), { request, response, retryMs: 200 });
      }
      const words = `You said: ${await text(request)}`.split(' ');
      const { id } = streams.start(async function* () {
        for (const word of words) {
          await setTimeout(5);
          yield { word };
        }
      });
      response.writeHead(201, { location: `/streams/${id}` }).end();
    }
    answer().catch(() => response.destroy());
  });
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The data of every event that a stream of these many words consists of. */
export const expectedData = (words: number): string[] =>
  ['You', 'said:', ...Array.from({ length: words }, (_, index) => `word-${index}`)].map((word) =>
    JSON.stringify({ word }),
  );
