import { emulatorHeader, fetchEmulatorRequest } from '../timing/emulator-log.ts';
import { measureEventStream, type MeasuredExchange, type MeasureLimits } from '../timing/measure-event-stream.ts';
import { withSentTimes } from '../timing/sent-times.ts';
import { compression } from './compression.ts';
import { watchConnections } from './connection-watch.ts';
import type { Examination } from './diagnose.ts';
import type { DoctorTarget } from './doctor-target.ts';
import { environmentProxy } from './environment-proxy.ts';
import type { Finding } from './finding.ts';
import { keepAlive } from './keep-alive.ts';
import { onTheWay } from './on-the-way.ts';
import { probeIdle } from './probe-idle.ts';
import { probeLeaving } from './probe-leaving.ts';

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
