import { emulatorHeader, fetchEmulatorRequest, withSentTimes } from '../measure/emulator-log.ts';
import { type MeasureLimits, type MeasuredExchange, measureEventStream } from '../measure/measure-event-stream.ts';
import type { Examination } from './diagnose.ts';
import { type Finding, compression, environmentProxy, keepAlive, intermediaries } from './findings.ts';
import { probeIdle, probeLeaving } from './probes.ts';
import type { DoctorTarget } from './target.ts';

/** How thoroughly a path is examined. */
export interface ExaminationPlan {
  readonly limits: MeasureLimits;
  /** Whether one request is enough. */
  readonly isQuick: boolean;
  /** How long to listen to a silent stream; `undefined`: not at all. */
  readonly silenceMs: number | undefined;
}

/** Receives the results one by one, because an examination takes the time of several answers. */
interface ExaminationObserver {
  onStream(role: 'plain' | 'offered', run: MeasuredExchange): void;
  onFinding(finding: Finding): void;
}

/**
 * Examines a path with real requests: one without compression, one with gzip offered, one that is left in its middle and,
 * if the plan asks for it, a silent one. Stops after the first if it brought no event, and when the request's signal
 * aborts.
 */
export async function examinePath(
  target: DoctorTarget,
  { limits, isQuick, silenceMs }: ExaminationPlan,
  observer: ExaminationObserver,
): Promise<Examination> {
  const { url, request } = target;
  const isInterrupted = (): boolean => request.signal?.aborted === true;
  const plain = await measurePath(target, limits);
  observer.onStream('plain', plain);
  observer.onFinding(environmentProxy(url, process.env));
  if (plain.response !== undefined) observer.onFinding(intermediaries(plain.response));
  if (isQuick || plain.events.length === 0 || isInterrupted()) return { target, plain };
  const offered = await measurePath(offeringGzip(target), limits);
  if (isInterrupted()) return { target, plain };
  observer.onStream('offered', offered);
  observer.onFinding(keepAlive(plain, offered.response?.connection?.reused));
  observer.onFinding(compression(plain, offered));
  const probes = [
    () => probeLeaving(target, plain),
    ...(silenceMs === undefined ? [] : [() => probeIdle(target, silenceMs, plain)]),
  ];
  for (const probe of probes) {
    const finding = await probe();
    // A probe that an interrupt has cut short shows nothing.
    if (isInterrupted()) break;
    observer.onFinding(finding);
  }
  return { target, plain, offered };
}

function offeringGzip(target: DoctorTarget): DoctorTarget {
  const headers = { ...target.request.headers, 'accept-encoding': 'gzip' };
  return { ...target, request: { ...target.request, headers } };
}

/** Measures one answer, with the times at which its server sent it if the server is an emulator. */
export async function measurePath({ url, request }: DoctorTarget, limits: MeasureLimits): Promise<MeasuredExchange> {
  const run = await measureEventStream(request, limits);
  const id = run.response?.headers[emulatorHeader];
  return withSentTimes(run, id === undefined ? undefined : await fetchEmulatorRequest(url, id));
}
