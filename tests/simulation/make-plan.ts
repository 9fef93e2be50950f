import { type Fault, scenarios } from '@gemini/emulator';
import { createRandom, type Random } from '../soak/random.ts';
import type { ConnectionFault, LinkProfile } from './link.ts';
import type { NodePlan, Plan, PlanEvent, StreamPlan, VisitPlan, World } from './plan.ts';

/** Too many bytes for a simulation, another text than the prompt's, or an address of its own. */
const leftOut =
  /^(?:flood-|endless-|large-|error-body-endless|redirect|chaos|many-|long-|comments-only|slow-drip|gzip-bomb|one-byte)/u;

/** The answers of the emulator that are not simply correct: the faults of a request of each scenario. */
const wildAnswers: readonly (readonly Fault[])[] = scenarios
  .filter(({ name, listener = 'http' }) => listener === 'http' && !leftOut.test(name))
  .flatMap(({ steps }) => steps.map(({ faults }) => faults))
  .filter((faults) => faults.length > 0);

const minute = 60_000;

/** Makes the plan of an episode. The same seed makes the same plan. */
export function makePlan(seed: number): Plan {
  const random = createRandom(seed);
  const world = makeWorld(random);
  const lengthMs = random.between(5, 40) * minute;
  const streamsCount = random.between(4, 16);
  const events: PlanEvent[] = [];
  for (let stream = 0; stream < streamsCount; stream += 1) events.push(...makeStream(random, world, stream, lengthMs));
  events.push(...makeTroubles(random, world, lengthMs));
  return { seed, world, events };
}

function makeWorld(random: Random): World {
  return {
    nodes: Array.from({ length: random.between(1, 3) }, () => makeNode(random)),
    timeToFirstTokenMs: random.pick([0, 50, 400, 3_000, 20_000, 60_000]),
    tokensPerSecond: random.pick([0.05, 0.2, 0.5, 2, 10, Infinity]),
    burst: random.pick([1, 3, 6, 12]),
    keepAliveTimeoutMs: random.pick([1_000, 5_000, 120_000]),
    leaseMs: random.pick([3_000, 10_000, 30_000]),
    logOnSlow: random.pick(['buffer', 'pause']),
  };
}

function makeNode(random: Random): NodePlan {
  return {
    link: makeLink(random),
    limits: random.chance(0.75) ? 'production' : 'tight',
    maxLagEvents: random.pick([2, 8, 256]),
    maxHistoryBytes: random.pick([600, 4_096, 8 * 2 ** 20]),
    maxStreams: random.pick([2, 5, 1_000]),
  };
}

function makeLink(random: Random): LinkProfile {
  const low = random.pick([0, 0.25, 5, 40]);
  return {
    latencyMs: [low, low + random.pick([0, 1, 30, 400])],
    segmentBytes: random.pick([1_460, 65_536, 65_536, 300, 40]),
    splitShare: random.pick([0, 0, 0.2, 0.6]),
    windowBytes: random.pick([1_024, 65_536, 65_536]),
  };
}

function makeStream(random: Random, { nodes }: World, stream: number, lengthMs: number): PlanEvent[] {
  const node = random.between(0, nodes.length - 1);
  const atMs = random.between(0, lengthMs);
  const isShared = random.chance(0.6);
  const events: PlanEvent[] = [];
  const plan: StreamPlan = {
    type: 'stream',
    stream,
    atMs,
    node,
    words: random.between(1, 40),
    use: isShared ? 'shared' : random.pick(['events', 'text', 'text-stream', 'outcome', 'response']),
    api: random.chance(0.25) ? random.pick(['interaction', 'background']) : undefined,
    maxAttempts: random.between(1, 4),
    restart: isShared && random.chance(0.3),
    models: random.chance(0.3) ? 2 : 1,
    emptyAnswer: random.pick(['fail', 'complete', 'retry']),
    keepContent: isShared ? random.chance(0.9) : true,
    totalTimeoutMs: random.chance(0.2) ? random.pick([1_000, 30_000, 120_000, 300_000]) : Infinity,
    firstContentTimeoutMs: random.chance(0.25) ? random.pick([1_000, 15_000, 120_000]) : undefined,
    lingerMs: random.pick([0, 1_000, 15_000, 600_000, Infinity]),
    leaveAfter: random.chance(0.2) ? random.between(1, 12) : Infinity,
    lagMs: random.chance(0.3) ? random.pick([1, 100, 2_000, 45_000]) : 0,
  };
  events.push(plan);
  // Half of all requests are answered correctly, so that answers come to an end.
  for (let request = 0; request < 6; request += 1) {
    if (random.chance(0.55)) events.push({ type: 'answer', stream, request, faults: makeAnswer(random) });
  }
  if (isShared) events.push(...makeReaders(random, nodes.length, plan));
  return events;
}

function makeReaders(random: Random, nodesCount: number, { stream, atMs, node }: StreamPlan): PlanEvent[] {
  const events: PlanEvent[] = [];
  const spreadMs = random.pick([2_000, 20_000, 120_000, 400_000]);
  const anyNode = (): number => (random.chance(0.5) ? node : random.between(0, nodesCount - 1));
  for (let reader = random.between(0, 3); reader >= 0; reader -= 1) {
    let cameMs = atMs + (random.chance(0.4) ? 0 : random.between(0, spreadMs));
    for (let visits = random.between(1, 4); visits > 0; visits -= 1) {
      const visit: VisitPlan = {
        type: 'visit',
        stream,
        reader,
        atMs: cameMs,
        node: anyNode(),
        how: random.pick(['callback', 'iterator', 'listener', 'served']),
        from: random.pick(['start', 'position', 'position', 'position', 'now']),
        onSlow: random.pick(['buffer', 'pause', 'drop', 'disconnect']),
        lagMs: random.chance(0.4) ? random.pick([0.25, 20, 1_000, 30_000]) : 0,
        leaveAfter: random.chance(0.6) ? random.between(1, 20) : Infinity,
      };
      events.push(visit);
      cameMs += random.between(0, spreadMs);
    }
  }
  if (random.chance(0.4)) {
    events.push({ type: 'join', stream, atMs: atMs + random.between(0, spreadMs), node: anyNode() });
  }
  if (random.chance(0.15)) {
    events.push({ type: 'stop', stream, atMs: atMs + random.between(0, spreadMs), node: anyNode() });
  }
  return events;
}

/** Durations around the limits of the client, where data and a time-out race. */
function nearLimit(random: Random): number {
  const limitMs = random.pick([500, 1_500, 3_000, 10_000, 120_000, 300_000, 600_000]);
  return limitMs + random.pick([-1, -0.25, 0, 0, 0.25, 1, -40]);
}

function makeAnswer(random: Random): readonly Fault[] {
  const how = random.next();
  if (how < 0.5)
    return random.pick(wildAnswers as [readonly Fault[], ...(readonly Fault[])[]]).map((fault) => moved(random, fault));
  const isCheckpointed = random.chance(0.5);
  const faults: Fault[] = isCheckpointed ? [{ type: 'checkpoints', everyPieces: random.between(1, 4) }] : [];
  if (how < 0.6)
    faults.push({ type: 'cut', how: random.pick(['reset', 'close', 'end']), afterBytes: random.between(1, 4_000) });
  else if (how < 0.7) faults.push({ type: 'silence', afterBytes: random.between(1, 4_000) });
  else if (how < 0.8)
    faults.push({ type: 'pause', beforeHeadersMs: nearLimit(random), headersFirst: random.chance(0.5) });
  else if (how < 0.87) faults.push({ type: 'pause', beforeEventMs: nearLimit(random) });
  else if (how < 0.92)
    faults.push({
      type: 'keep-alive',
      afterEvents: random.between(0, 6),
      everyMs: random.pick([20_000, 60_000, 119_999]),
    });
  else if (how < 0.96) faults.push({ type: 'continuation', afterPieces: random.between(1, 5) });
  else
    faults.push({
      type: 'cut',
      how: random.pick(['reset', 'close', 'end']),
      afterEvents: random.between(0, 8),
      insideEvent: random.chance(0.5),
    });
  return faults;
}

function moved(random: Random, fault: Fault): Fault {
  if (!('afterEvents' in fault) || fault.afterEvents === undefined || fault.afterEvents === 0) return fault;
  return { ...fault, afterEvents: random.between(1, 8) };
}

function makeTroubles(random: Random, { nodes }: World, lengthMs: number): PlanEvent[] {
  const events: PlanEvent[] = [];
  const anyNode = (): number => random.between(0, nodes.length - 1);
  const anyTime = (): number => random.between(0, lengthMs);
  for (let left = random.between(0, 6); left > 0; left -= 1) {
    events.push({
      type: 'connection',
      node: anyNode(),
      ordinal: random.between(0, 12),
      fault: makeConnectionFault(random),
    });
  }
  for (let left = random.pick([0, 0, 1, 2]); left > 0; left -= 1) {
    const restartMs = random.between(0, 60_000);
    events.push({
      type: 'death',
      atMs: anyTime(),
      node: anyNode(),
      death: random.pick(['closed', 'silent']),
      restartMs,
    });
  }
  if (random.chance(0.25)) {
    const drainMs = random.pick([0, 5_000, 60_000]);
    events.push({
      type: 'deploy',
      atMs: anyTime(),
      node: anyNode(),
      drainMs,
      handOver: random.chance(0.5),
      restartMs: 1_000,
    });
  }
  if (random.chance(0.3)) events.push({ type: 'log-away', atMs: anyTime(), forMs: random.between(1, 90_000) });
  if (random.chance(0.3)) events.push({ type: 'server-restart', atMs: anyTime(), forMs: random.between(0, 20_000) });
  if (random.chance(0.3)) events.push({ type: 'busy', atMs: anyTime(), forMs: nearLimit(random) });
  return events;
}

const connectionFaults = ['refused', 'unanswered', 'slow-connect', 'reset', 'end', 'silent', 'stall', 'stall'] as const;

function makeConnectionFault(random: Random): ConnectionFault {
  const afterBytes = random.pick([1, 20, 200, 1_000, 3_000, 8_000]) + random.between(0, 200);
  const type = random.pick(connectionFaults);
  if (type === 'refused' || type === 'unanswered') return { type };
  if (type === 'slow-connect') return { type, ms: nearLimit(random) };
  if (type === 'stall') return { type, afterBytes, ms: nearLimit(random) };
  return { type, afterBytes };
}
