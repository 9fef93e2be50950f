import type { EmulatorRequest } from '../server/request-log.ts';
import { visible } from './visible.ts';

const maxPathLength = 200;

/** Returns one line about a request that has ended, such as `200 POST /v1beta/… 24 writes, 3.1 kB, 1.20 s`. */
export function requestLine(request: EmulatorRequest): string {
  const { method, path, status, scenario, writesCount, bytesWritten, receivedAt, closedAt, closedBy } = request;
  const shownPath = path.length > maxPathLength ? `${path.slice(0, maxPathLength)}…` : path;
  const facts = [
    `${writesCount} ${writesCount === 1 ? 'write' : 'writes'}`,
    bytesWritten < 1_000 ? `${bytesWritten} B` : `${(bytesWritten / 1_000).toFixed(1)} kB`,
    `${(((closedAt ?? receivedAt) - receivedAt) / 1_000).toFixed(2)} s`,
    ...(scenario === undefined ? [] : [scenario]),
    ...(closedBy === 'client' ? ['the client left'] : []),
  ];
  // A path and the name of a scenario come from the client.
  return visible(`${status ?? '---'} ${method} ${shownPath} ${facts.join(', ')}`);
}
