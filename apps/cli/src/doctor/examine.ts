import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { emulatorHeader, fetchEmulatorRequest, withSentTimes } from '../measure/emulator-log.ts';
import { type MeasureLimits, type MeasuredExchange, measureEventStream } from '../measure/measure-event-stream.ts';
import type { Examination } from './diagnose.ts';
import { type Finding, compression, environmentProxy, keepAlive, onTheWay } from './findings.ts';
import { probeIdle, probeLeaving } from './probes.ts';
import type { DoctorTarget } from './target.ts';

/** How thoroughly a path is looked at. */
export interface ExaminationPlan {
  readonly limits: MeasureLimits;
  /** One request, and nothing more. */
  readonly isQuick: boolean;
  /** Listen for so long to a stream that is silent. */
  readonly silenceMs: number | undefined;
}

/** Told what is found as it is found: looking takes a few answers' time. */
export interface ExaminationListener {
  onStream(role: 'plain' | 'offered', run: MeasuredExchange): void;
  onFinding(finding: Finding): void;
}

/**
 * Looks at a path with real requests: the answer without compression, the same with gzip offered, one that is left in
 * its middle, and where it is asked for a silent one. Stops after the first where no event came, and where the
 * request's signal aborts.
 */
export async function examinePath(
  target: DoctorTarget,
  { limits, isQuick, silenceMs }: ExaminationPlan,
  listener: ExaminationListener,
): Promise<Examination> {
  const { url, request } = target;
  const isInterrupted = (): boolean => request.signal?.aborted === true;
  const connections = watchConnections();
  try {
    const plain = await measurePath(target, limits);
    listener.onStream('plain', plain);
    listener.onFinding(environmentProxy(url, process.env));
    if (plain.response !== undefined) listener.onFinding(onTheWay(plain.response));
    if (isQuick || plain.events.length === 0 || isInterrupted()) return { target, plain };
    const offered = await measurePath(offeringGzip(target), limits);
    if (isInterrupted()) return { target, plain };
    listener.onStream('offered', offered);
    listener.onFinding(keepAlive(plain, connections.wasReused(url)));
    listener.onFinding(compression(plain, offered));
    const probes = [
      () => probeLeaving(target, plain),
      ...(silenceMs === undefined ? [] : [() => probeIdle(target, silenceMs, plain)]),
    ];
    for (const probe of probes) {
      const finding = await probe();
      // What an interrupt has cut short tells nothing.
      if (isInterrupted()) break;
      listener.onFinding(finding);
    }
    return { target, plain, offered };
  } finally {
    connections[Symbol.dispose]();
  }
}

function offeringGzip(target: DoctorTarget): DoctorTarget {
  const headers = { ...target.request.headers, 'accept-encoding': 'gzip' };
  return { ...target, request: { ...target.request, headers } };
}

/** One answer by a path, with the times at which its server sent it where that tells. */
export async function measurePath({ url, request }: DoctorTarget, limits: MeasureLimits): Promise<MeasuredExchange> {
  const run = await measureEventStream(request, limits);
  const id = run.response?.headers[emulatorHeader];
  return withSentTimes(run, id === undefined ? undefined : await fetchEmulatorRequest(url, id));
}

/** Sees which connection each request of this process goes over. */
export interface ConnectionWatch extends Disposable {
  /** Whether the last request for this URL went over one that had carried another; `undefined` where there was none. */
  wasReused(url: URL): boolean | undefined;
}

/** What the HTTP client publishes when it writes the head of a request. */
interface SentHead {
  readonly request: { readonly origin: string | URL; readonly path: string; readonly method: string };
  readonly socket: Socket;
}

const channelName = 'undici:client:sendHeaders';

/** Watches until it is disposed of. What a request says is not looked at. */
export function watchConnections(): ConnectionWatch {
  const used = new WeakSet<Socket>();
  const last = new Map<string, boolean>();
  const onSent = (message: unknown): void => {
    const { request, socket } = message as SentHead;
    // Not the tunnel through a proxy: that is no request of ours.
    if (request.method === 'CONNECT') return;
    // A proxy for plain http is asked for the whole URL.
    const address = request.path.startsWith('/') ? `${String(request.origin)}${request.path}` : request.path;
    last.set(address, used.has(socket));
    used.add(socket);
  };
  subscribe(channelName, onSent);
  return {
    wasReused: (url) => last.get(url.origin + url.pathname + url.search),
    [Symbol.dispose]: () => void unsubscribe(channelName, onSent),
  };
}
