import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { RequestRecord } from './emulator-request.ts';
import type { Route } from './route.ts';

/** A request that has arrived, with what was read of its first line. */
export interface Arrival {
  readonly request: IncomingMessage | Http2ServerRequest;
  readonly route: Route;
  readonly target: string;
  readonly query: URLSearchParams;
  /** `http(s)://host:port` as the client calls this server. */
  readonly origin: string;
  readonly record: RequestRecord;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}
