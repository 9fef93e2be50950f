import type { StreamOutcome } from '@gemini/client';
import undicisTimers from 'undici/lib/util/timers.js';
import type { Fault } from '@gemini/emulator';
import type { BreakName } from './breaks.ts';
import { createRandom } from '../soak/random.ts';
import { checkBounds, checkEnds, checkRequests, checkTimers } from './checks.ts';
import { type EpisodeCounts, EpisodeRecord, type Violation } from './episode-record.ts';
import { seedRandom, time } from './install.ts';
import { Network, useNetwork } from './network.ts';
import type { NodePlan, Plan, PlanEvent, StreamPlan, VisitPlan } from './plan.ts';
import { createSimulatedServer, type SimulatedServer } from './server.ts';
import { SharedLog } from './shared-log.ts';
import { SimulatedNode } from './simulated-node.ts';
import { ReaderCheck, StreamCheck } from './stream-check.ts';
import { startAlone, startShared, type StreamRun, useAlone } from './stream-run.ts';
import { asOwner, currentOwner, type Owner } from './virtual-time.ts';
import { beginVisit, describeEnd, describeOutcome, type Visit } from './visits.ts';

/** The result of an episode. */
export interface EpisodeReport {
  readonly violations: readonly Violation[];
  readonly counts: EpisodeCounts;
  /** Of everything that happened, with its times. */
  readonly hash: string;
}

/** Options of an episode. */
export interface EpisodeOptions {
  /** Called with each line of the trace. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** A fault that is put into the product. */
  readonly broken?: BreakName | undefined;
}

/** The time that everything is over by, after the last planned event: each wait of the client has a limit. */
const patienceMs = 12 * 3_600_000;
const hourMs = 3_600_000;
/** Requests of a stream that may be answered otherwise. */
const answersCount = 12;

/** One world, from its beginning until everything in it has come to an end. */
export class Episode {
  readonly #plan: Plan;
  readonly #broken: BreakName | undefined;
  readonly #record: EpisodeRecord;
  readonly #nodes: SimulatedNode[];
  readonly #nodesEver: SimulatedNode[] = [];
  readonly #log: SharedLog;
  readonly #network: Network;
  readonly #server: SimulatedServer;
  readonly #serverOwner: Owner = { name: 'server', isDead: false };
  readonly #streams = new Map<number, StreamRun>();
  readonly #visits: Visit[] = [];
  readonly #closings = new Map<SimulatedNode, { isDone: boolean }>();
  readonly #startMs = alignedStart();

  constructor(plan: Plan, { onLine, broken }: EpisodeOptions = {}) {
    this.#plan = plan;
    this.#broken = broken;
    this.#record = new EpisodeRecord(this.#startMs, onLine);
    const { world, seed, events } = plan;
    seedRandom(seed);
    this.#log = new SharedLog(world.leaseMs, world.logOnSlow);
    const { timeToFirstTokenMs, tokensPerSecond, burst, keepAliveTimeoutMs } = world;
    const pace = { timeToFirstTokenMs, tokensPerSecond, burst, jitter: 0.5 };
    const server = currentOwner.run(this.#serverOwner, () => createSimulatedServer({ seed, pace, keepAliveTimeoutMs }));
    this.#server = server;
    const random = createRandom(seed ^ 0x5bd1e995);
    this.#network = new Network({
      random,
      server: this.#serverOwner,
      onConnection: (socket) => server.accept(socket),
      profileOf: (host) => this.#planOf(host).link,
      faultOf: (host, ordinal) => {
        const index = this.#indexOf(host);
        const event = events.find(
          (each) => each.type === 'connection' && each.node === index && each.ordinal === ordinal,
        );
        return event?.type === 'connection' ? event.fault : undefined;
      },
    });
    useNetwork(this.#network);
    this.#nodes = world.nodes.map((_, index) => this.#startNode(index));
  }

  async run(): Promise<EpisodeReport> {
    const { events } = this.#plan;
    let lastMs = 0;
    for (const event of events) {
      if (!('atMs' in event)) continue;
      lastMs = Math.max(lastMs, event.atMs);
      time.arriveAt(this.#startMs + event.atMs, () => this.#happen(event), undefined);
    }
    const horizonMs = this.#startMs + lastMs;
    const { tasksCount } = time;
    try {
      await time.run(horizonMs);
      // Everything comes to its end by itself.
      await time.run(horizonMs + patienceMs, () => this.#isQuiet());
      // The last bytes and their answers are on their way.
      await time.run(time.nowMs + 5_000);
      this.#checkLeft();
      checkEnds(this.#streams.values(), this.#visits, this.#liveNodes(), this.#record);
      await this.#close();
    } catch (error) {
      this.violate('nothing throws', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    checkRequests(this.#server.requests, this.#streams);
    const { counts } = this.#record;
    counts.requests = this.#server.requests.length;
    counts.connections = this.#network.connectionsCount;
    counts.tasks = time.tasksCount - tasksCount;
    useNetwork(undefined);
    time.clear();
    this.#serverOwner.isDead = true;
    for (const node of this.#nodesEver) node.owner.isDead = true;
    return { violations: this.#record.violations, counts, hash: this.#record.digest() };
  }

  /** Something went wrong outside of any stream. */
  violate(promise: string, detail: string): void {
    this.#record.violate(promise, detail);
  }

  #happen(event: PlanEvent): void {
    checkBounds(this.#liveNodes(), this.#record);
    if (event.type === 'stream') return this.#start(event);
    if (event.type === 'visit') return this.#visit(event);
    if (event.type === 'join') return this.#join(event.stream, event.node);
    this.#record.trace(JSON.stringify(event));
    if (event.type === 'stop') {
      const node = this.#nodes[event.node];
      const id = this.#streams.get(event.stream)?.id;
      if (node?.isUp !== true || id === undefined) return;
      void node.run(async () => {
        const stream = await node.gemini.streams.attach(id).catch(() => undefined);
        stream?.stop('the plan says so');
      });
    } else if (event.type === 'death') {
      const node = this.#nodes[event.node];
      if (node === undefined || node.owner.isDead) return;
      this.#die(node, event.death);
      this.#restartLater(event.node, event.restartMs);
    } else if (event.type === 'deploy') this.#deploy(event.node, event.drainMs, event.handOver, event.restartMs);
    else if (event.type === 'log-away') this.#loseLog(event.forMs);
    else if (event.type === 'server-restart') {
      asOwner(this.#serverOwner, () => this.#network.restartServer(event.forMs));
    } else if (event.type === 'busy') time.stall(event.forMs);
  }

  #start(plan: StreamPlan): void {
    const node = this.#nodes[plan.node];
    if (node?.isUp !== true) return;
    const check = new StreamCheck(plan, this.#record);
    const { counts } = this.#record;
    counts.streams += 1;
    const run: StreamRun = {
      check,
      id: `simulated-${plan.stream}`,
      readers: new Map(),
      startedMs: time.nowMs,
      lastRunMs: time.nowMs,
      runs: 1,
      outcomesCount: 0,
      isExpectedToEnd: true,
      node,
    };
    this.#streams.set(plan.stream, run);
    this.#record.trace(`${check.name} starts on ${node.owner.name}: ${plan.use}`);
    void node.run(async () => {
      try {
        const options = node.optionsOf(check, this.#scenarioOf(plan.stream));
        if (plan.use !== 'shared') return this.#onOutcome(run, await useAlone(startAlone(node, run, options), check));
        startShared(node, run, options);
        const end = await node.gemini.streams.get(run.id)?.ended;
        if (end === undefined) return;
        this.#record.trace(`${check.name} ends on ${node.owner.name}: ${describeEnd(end)}`);
        if (end.result === undefined) run.outcomesCount += 1;
        else this.#onOutcome(run, end.result);
      } catch (error) {
        const { code } = error as { code?: unknown };
        run.isExpectedToEnd = false;
        if (code !== 'manager-closed' && code !== 'max-streams') check.violate('errors have a code', String(error));
      }
    });
  }

  #onOutcome(run: StreamRun, outcome: StreamOutcome): void {
    run.outcomesCount += 1;
    const { counts } = this.#record;
    counts.streamMs += time.nowMs - run.startedMs;
    const name = describeOutcome(outcome);
    this.#record.trace(`${run.check.name} has its outcome: ${name}, ${outcome.text.length}, ${outcome.attempts}`);
    this.#record.countOutcome(name);
    run.check.outcome(outcome);
  }

  #join(stream: number, nodeIndex: number): void {
    const node = this.#nodes[nodeIndex];
    const run = this.#streams.get(stream);
    if (node?.isUp !== true || run === undefined || run.check.plan.use !== 'shared') return;
    this.#record.trace(`${run.check.name} is joined on ${node.owner.name}`);
    run.runs += 1;
    run.lastRunMs = time.nowMs;
    if (this.#log.memory.isAway) run.check.isTorn = true;
    node.do(() => startShared(node, run, node.optionsOf(run.check, this.#scenarioOf(stream))));
  }

  #visit(plan: VisitPlan): void {
    const node = this.#nodes[plan.node];
    const run = this.#streams.get(plan.stream);
    if (node?.isUp !== true || run === undefined) return;
    let reader = run.readers.get(plan.reader);
    if (reader === undefined) {
      reader = new ReaderCheck(run.check, `reader ${plan.reader}`);
      run.readers.set(plan.reader, reader);
    }
    // A reader is at one place at a time.
    const isThere = this.#visits.some((visit) => visit.reader === reader && !visit.isOver);
    if (!isThere) this.#visits.push(beginVisit(run.id, run.check, reader, node, plan));
  }

  #startNode(index: number): SimulatedNode {
    const plan = this.#plan.world.nodes[index];
    if (plan === undefined) throw new RangeError(`no node has the number ${index}`);
    const node = new SimulatedNode(`node ${index}`, plan, this.#log, this.#broken);
    this.#nodesEver.push(node);
    return node;
  }

  #restartLater(index: number, afterMs: number): void {
    const restart = (): void => {
      if (this.#nodes[index]?.isUp !== true) this.#nodes[index] = this.#startNode(index);
    };
    time.arriveAt(time.nowMs + afterMs, restart, undefined);
  }

  #die(node: SimulatedNode, death: 'closed' | 'silent'): void {
    this.#record.counts.deaths += 1;
    for (const run of this.#streams.values()) {
      if (run.node === node && run.outcomesCount === 0) run.isExpectedToEnd = false;
      if (this.#log.memory.isAway) run.check.isTorn = true;
    }
    node.kill(this.#network, death);
    for (const visit of this.#visits) {
      if (visit.node !== node || visit.isOver) continue;
      visit.notePosition();
      visit.isOver = true;
    }
  }

  /** While the log is away, two processes may begin a stream in one millisecond, and so in one epoch. */
  #loseLog(forMs: number): void {
    this.#log.goAway(forMs);
    for (const { check, runs, lastRunMs } of this.#streams.values()) {
      if (runs > 1 && time.nowMs - lastRunMs < 5) check.isTorn = true;
    }
  }

  #deploy(index: number, drainMs: number, handOver: boolean, restartMs: number): void {
    const node = this.#nodes[index];
    if (node?.isUp !== true) return;
    node.isClosing = true;
    for (const run of this.#streams.values()) if (run.node === node) run.isExpectedToEnd = false;
    this.#closeNode(node, { drainMs, handOver }, () => {
      // What it had is stored for a bounded time only.
      if (this.#log.memory.isAway) for (const { check } of this.#streams.values()) check.isTorn = true;
      this.#restartLater(index, restartMs);
    });
  }

  #closeNode(node: SimulatedNode, options: { drainMs?: number; handOver?: boolean }, onClosed: () => void): void {
    const closing = { isDone: false };
    this.#closings.set(node, closing);
    void node.run(async () => {
      await node.gemini.streams.close(options);
      closing.isDone = true;
      this.#record.trace(`${node.owner.name} is closed`);
      onClosed();
    });
  }

  #isQuiet(): boolean {
    return (
      this.#visits.every(({ isOver }) => isOver) &&
      [...this.#streams.values()].every(
        ({ outcomesCount, isExpectedToEnd }) => outcomesCount > 0 || !isExpectedToEnd,
      ) &&
      this.#liveNodes().every(({ gemini }) => {
        const { queued, starting, active } = gemini.streamStats();
        return queued + starting + active === 0;
      })
    );
  }

  /** Every stream is over: the server has heard of it, unless a connection fell silent. */
  #checkLeft(): void {
    if (!this.#isQuiet() || this.#plan.events.some(isSilence)) return;
    const open = this.#server.requests.filter(({ closedAt }) => closedAt === undefined);
    for (const { headers, path } of open) {
      const run = this.#streams.get(Number(headers['x-simulated-stream']));
      run?.check.violate('leaving closes the socket', `${path} is still open`);
    }
  }

  /** Closes what is left, and looks whether anything stays. */
  async #close(): Promise<void> {
    for (const node of this.#liveNodes()) {
      if (this.#closings.has(node)) continue;
      node.isClosing = true;
      this.#closeNode(node, {}, () => {});
    }
    await time.run(time.nowMs + 120_000, () => [...this.#closings.values()].every(({ isDone }) => isDone));
    for (const [node, { isDone }] of this.#closings) {
      if (!isDone && !node.owner.isDead) this.violate('close resolves', `${node.owner.name} does not close`);
    }
    checkTimers(this.#serverOwner, this.#record);
    // Idle connections are kept for a time; the network that is gone keeps its own for longer.
    await time.run(time.nowMs + 1_200_000, () => this.#network.clients.size === 0);
    if (this.#network.clients.size > 0) this.violate('sockets are closed', `${this.#network.clients.size} are open`);
  }

  #scenarioOf(stream: number): string {
    const steps = Array.from({ length: answersCount }, (_, request): { faults: readonly Fault[] } => {
      const event = this.#plan.events.find(
        (each) => each.type === 'answer' && each.stream === stream && each.request === request,
      );
      return { faults: event?.type === 'answer' ? event.faults : [] };
    });
    return JSON.stringify({ name: 'simulated', steps });
  }

  #liveNodes(): SimulatedNode[] {
    return this.#nodesEver.filter(({ owner }) => !owner.isDead);
  }

  #planOf(host: string): NodePlan {
    const plan = this.#nodesEver.find(({ address }) => address === host)?.plan;
    if (plan === undefined) throw new RangeError(`no process has the address ${host}`);
    return plan;
  }

  #indexOf(host: string): number {
    return this.#plan.world.nodes.indexOf(this.#planOf(host));
  }
}

/** Whether an event lets connections fall silent, so that the server hears of nothing. */
function isSilence(event: PlanEvent): boolean {
  if (event.type === 'death') return event.death === 'silent';
  return event.type === 'connection' && event.fault.type === 'silent';
}

/**
 * Brings the process to the state in which an episode finds it when it is the first: at the beginning of an hour of the
 * clock, and with undici's own clock, which all processes of the simulation share and none may take along when it dies.
 */
function alignedStart(): number {
  time.nowMs = (Math.floor(time.nowMs / hourMs) + 1) * hourMs;
  undicisTimers.reset();
  undicisTimers.setFastTimeout(() => {}, 1);
  return time.nowMs;
}
