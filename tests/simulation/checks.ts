import type { EmulatorRequest } from '@gemini/emulator';
import type { EpisodeRecord } from './episode-record.ts';
import { time } from './install.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { StreamRun } from './stream-run.ts';
import type { Owner } from './virtual-time.ts';
import type { Visit } from './visits.ts';

/** Larger than any event of a simulated stream: the newest event is always kept. */
const largestEventBytes = 4_096;

/** Checks the limits that hold at any moment. */
export function checkBounds(nodes: readonly SimulatedNode[], record: EpisodeRecord): void {
  for (const { gemini, plan, owner } of nodes) {
    const { starting, active } = gemini.streamStats();
    if (starting + active > plan.maxStreams) record.violate('bounds hold', `${active} streams run on ${owner.name}`);
    for (const { id, historyBytes } of gemini.listStreams()) {
      // A `pause` subscriber keeps events until the source has ignored the pause for as many bytes.
      const most = 2 * plan.maxHistoryBytes + largestEventBytes;
      if (historyBytes > most) record.violate('bounds hold', `${id} keeps ${historyBytes} bytes on ${owner.name}`);
    }
  }
}

/** Checks that every stream has exactly one outcome, and that no reader waits. */
export function checkEnds(
  runs: Iterable<StreamRun>,
  visits: readonly Visit[],
  nodes: readonly SimulatedNode[],
  record: EpisodeRecord,
): void {
  for (const { check, outcomesCount, isExpectedToEnd } of runs) {
    if (isExpectedToEnd && outcomesCount !== 1) check.violate('exactly one outcome', `${outcomesCount} outcomes`);
  }
  for (const { isOver, reader, plan } of visits) {
    if (!isOver) reader.stream.violate('every reader gets an end', `${reader.name} still waits as ${plan.how}`);
  }
  for (const { gemini, owner } of nodes) {
    const { queued, starting, active, started, completed, failed, stopped } = gemini.streamStats();
    const running = queued + starting + active;
    if (running > 0) record.violate('streams end', `${running} are not over on ${owner.name}`);
    const ended = completed + failed + stopped;
    if (started !== ended + running) record.violate('streams are counted', `${started} started, ${ended} ended`);
  }
}

/** The name of undici's timer for an idle connection that is kept. */
const undicisKeepAlive = 'onParserTimeout';

/** Checks that no timer of a closed process is left. */
export function checkTimers(server: Owner, record: EpisodeRecord): void {
  const left = [...time.timers].filter(({ owner, callback }) => {
    const isNodes = owner !== undefined && owner !== server && !owner.isDead;
    return isNodes && callback.name !== undicisKeepAlive;
  });
  if (left.length === 0) return;
  const names = left.map(
    ({ owner, callback }) => `${owner?.name}: ${callback.name || callback.toString().slice(0, 80)}`,
  );
  record.violate('every timer is gone', names.join('; '));
}

/** Checks that the server has got no more requests of each stream than the client's budget allows. */
export function checkRequests(requests: readonly EmulatorRequest[], runs: ReadonlyMap<number, StreamRun>): void {
  const counts = new Map<number, { all: number; withContent: number }>();
  for (const { headers, bytesWritten, status } of requests) {
    const stream = Number(headers['x-simulated-stream']);
    const counted = counts.get(stream) ?? { all: 0, withContent: 0 };
    counted.all += 1;
    if (status === 200 && bytesWritten > 0) counted.withContent += 1;
    counts.set(stream, counted);
  }
  for (const [stream, { all, withContent }] of counts) {
    const run = runs.get(stream);
    if (run === undefined) continue;
    const { maxAttempts, models, emptyAnswer, api } = run.check.plan;
    // Each request without content counts against the attempts of a model, in each process that runs the stream. To follow
    // a run costs only a request: then the count begins again with each that brought something.
    const perProgress = api === undefined ? 1 : 1 + maxAttempts;
    const most = run.runs * (models * maxAttempts + (emptyAnswer === 'retry' ? models : 0)) + withContent * perProgress;
    if (all > most) run.check.violate('requests are bounded', `${all} requests, at most ${most}`);
  }
}
