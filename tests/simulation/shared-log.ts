import type {
  Claim,
  FollowedStream,
  FollowSink,
  LeadRequest,
  LedStream,
  StreamLeader,
  StreamLog,
} from '@gemini/stream-manager';
import { MemoryLeader, SharedMemory } from '../../packages/stream-manager/test/memory-log.ts';
import { time } from './install.ts';
import { asOwner, type Owner } from './virtual-time.ts';

/** The log of the manager's tests as a server of its own: with a lease for each leader, and with a way to each process. */
export class SharedLog {
  readonly memory = new SharedMemory();
  readonly #leaseMs: number;

  constructor(leaseMs: number, onSlow: 'buffer' | 'pause') {
    this.#leaseMs = leaseMs;
    this.memory.onSlow = onSlow;
  }

  /** Opens the log for a process, which is `latencyMs` away from it. */
  open(owner: Owner, latencyMs: number): ProcessLog {
    return new ProcessLog(this, owner, latencyMs);
  }

  /** The server of the log does not answer for a time. */
  goAway(forMs: number): void {
    this.memory.isAway = true;
    time.arriveAt(time.nowMs + forMs, () => this.memory.comeBack(), undefined);
  }

  /** A stream has no leader now: unless another process takes it before the lease is over, it is lost. */
  watch(id: string): void {
    time.arriveAt(
      time.nowMs + this.#leaseMs,
      () => {
        const stored = this.memory.streams.get(id);
        if (stored === undefined || stored.leader !== undefined || stored.end !== undefined) return;
        if (this.memory.isAway) this.watch(id);
        else this.memory.lose(id);
      },
      undefined,
    );
  }
}

/** The log as one process has it. When the process dies, its claims run out and nothing reaches it any more. */
export class ProcessLog implements StreamLog {
  readonly #shared: SharedLog;
  readonly #owner: Owner;
  readonly #latencyMs: number;
  readonly #inner: StreamLog;
  readonly #led = new Map<string, StreamLeader>();
  readonly #follows = new Set<FollowedStream>();

  constructor(shared: SharedLog, owner: Owner, latencyMs: number) {
    this.#shared = shared;
    this.#owner = owner;
    this.#latencyMs = latencyMs;
    this.#inner = shared.memory.open();
  }

  check(id: string): void {
    this.#inner.check(id);
  }

  async lead(request: LeadRequest): Promise<Claim> {
    await time.wait(this.#latencyMs);
    const claim = await this.#inner.lead(request);
    if (claim.type === 'taken') return { ...claim, stream: this.#follow(request.id, claim.stream) };
    return { ...claim, leader: this.#lead(request.id, claim.leader) };
  }

  async follow(id: string): Promise<FollowedStream | undefined> {
    await time.wait(this.#latencyMs);
    const stream = await this.#inner.follow(id);
    return stream && this.#follow(id, stream);
  }

  async close(): Promise<void> {
    await time.wait(this.#latencyMs);
    await this.#inner.close();
    this.kill();
  }

  /** The process is gone, or has closed its log: it has no claims any more. */
  kill(): void {
    for (const stream of this.#follows) stream.leave();
    const { memory } = this.#shared;
    for (const [id, leader] of this.#led) {
      // A claim may wait for the memory to come back: it comes no more.
      if (leader instanceof MemoryLeader) {
        leader.isFrozen = true;
        memory.leaders.delete(leader);
      }
      if (memory.streams.get(id)?.leader === leader) memory.forget(id);
      this.#shared.watch(id);
    }
  }

  #lead(id: string, leader: StreamLeader): StreamLeader {
    this.#led.set(id, leader);
    const { onSlow } = leader;
    return {
      onSlow,
      start: (led) => leader.start(this.#ledStream(led)),
      wake: () => leader.wake(),
      release: () => {
        this.#release(id, leader);
      },
      isFollowed: () => leader.isFollowed(),
    };
  }

  #release(id: string, leader: StreamLeader): void {
    leader.release?.();
    this.#shared.watch(id);
  }

  #ledStream(led: LedStream): LedStream {
    const owner = this.#owner;
    return {
      get oldest() {
        return led.oldest;
      },
      get next() {
        return led.next;
      },
      get end() {
        return led.end;
      },
      read: (index, maxLength) => led.read(index, maxLength),
      confirm: (index) => asOwner(owner, () => led.confirm(index)),
      stop: (reason) => asOwner(owner, () => led.stop(reason)),
      fail: (code) => asOwner(owner, () => led.fail(code)),
    };
  }

  #follow(id: string, stream: FollowedStream): FollowedStream {
    this.#follows.add(stream);
    let hasLeft = false;
    // Everything takes its time, and arrives in its order.
    const later = (deliver: () => void): void => time.arriveAt(time.nowMs + this.#latencyMs, deliver, this.#owner);
    const { epoch, oldest, lines, metadata, end } = stream;
    const wrap = (sink: FollowSink): FollowSink => ({
      push: (line) => later(() => hasLeft || sink.push(line)),
      skip: (index) => later(() => hasLeft || sink.skip(index)),
      finish: (how) => later(() => hasLeft || sink.finish(how)),
      lead: (leader) => {
        this.#follows.delete(stream);
        this.#led.set(id, leader);
        later(() => {
          if (hasLeft) this.#release(id, leader);
          else sink.lead(this.#lead(id, leader));
        });
      },
    });
    return {
      epoch,
      oldest,
      lines,
      metadata,
      end,
      start: (sink) => stream.start(wrap(sink)),
      stop: (reason) => later(() => stream.stop(reason)),
      leave: () => {
        hasLeft = true;
        this.#follows.delete(stream);
        stream.leave();
      },
    };
  }
}
