import { createSseParser } from '@gemini/sse-parser';
import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

/** One response as its client sees it: milliseconds since the request, bytes, whole events, and whether one is cut. */
export type RecordedRead = readonly [atMs: number, bytes: number, events: number, open: 0 | 1];

/** A response as a recording keeps it: the headers that say something about how it came, and its reads. */
export interface RecordedResponse {
  /** The median time from an event's being written to its last byte's being here, in milliseconds. */
  readonly lateMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly reads: readonly RecordedRead[];
}

const tellingHeaders = ['content-encoding', 'content-length', 'server', 'transfer-encoding'];

/** Reads a response with Node's own client, so that what is recorded is not seen through the code that it tests. */
export const readArrivals = async (url: string, acceptEncoding: string): Promise<RecordedResponse> => {
  const startedMs = performance.now();
  const asked = request(url, { headers: { 'accept-encoding': acceptEncoding }, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const reads: RecordedRead[] = [];
  let events = 0;
  const late: number[] = [];
  const parser = createSseParser({
    onEvent({ data }) {
      events += 1;
      late.push(performance.now() - Number(/"text":"([\d.]+) /.exec(data)?.[1]));
    },
  });
  const read = (chunk: Buffer): void => {
    const atMs = Math.round((performance.now() - startedMs) * 100) / 100;
    events = 0;
    parser.push(chunk);
    reads.push([atMs, chunk.length, events, parser.pending ? 1 : 0]);
  };
  const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
  body.on('data', read);
  await once(body, 'end');
  const headers = tellingHeaders.flatMap((name) => {
    const value = response.headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const lateMs = Math.round(late.toSorted((left, right) => left - right)[late.length >> 1] ?? Number.NaN);
  return { lateMs, headers: Object.fromEntries(headers), reads };
};
