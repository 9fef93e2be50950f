import {
  type Claim,
  type FollowedStream,
  type FollowSink,
  type LeadRequest,
  type LedStream,
  type StoredEnd,
  type StreamLeader,
  type StreamLog,
  StreamManagerError,
} from '../src/index.ts';

/** A stream in the memory. */
interface Stored {
  readonly epoch: number;
  readonly metadata: string | undefined;
  oldest: number;
  readonly lines: string[];
  leader: MemoryLeader | undefined;
  end: StoredEnd | undefined;
  readonly followers: Set<MemoryFollow>;
}

/** The memory that the logs of several managers share, as a server would be shared; tests take it away and back. */
export class SharedMemory {
  readonly streams = new Map<string, Stored>();
  readonly leaders = new Set<MemoryLeader>();
  /** Whether no call is answered. */
  isAway = false;
  onSlow: 'buffer' | 'pause' = 'buffer';
  followsCount = 0;

  /** The memory is there again: what is missing is sent. */
  comeBack(): void {
    this.isAway = false;
    for (const leader of this.leaders) leader.wake();
  }

  /** The lease of the stream's leader has run out. */
  lose(id: string, code: 'producer-lost' | 'history-lost' = 'producer-lost'): void {
    const stored = this.streams.get(id);
    if (stored === undefined || stored.end !== undefined) return;
    if (stored.leader !== undefined) stored.leader.isFenced = true;
    stored.leader = undefined;
    const heir = [...stored.followers].find(({ canResume }) => canResume);
    if (heir !== undefined && code === 'producer-lost') return heir.takeOver();
    finish(stored, { type: 'lost', code });
  }

  /** The process that leads the stream is gone, and its lease has run out. */
  forget(id: string): void {
    const stored = this.streams.get(id);
    if (stored?.leader === undefined) return;
    stored.leader.isFrozen = true;
    this.leaders.delete(stored.leader);
    stored.leader = undefined;
  }

  open(): StreamLog {
    return new MemoryLog(this);
  }
}

function finish(stored: Stored, end: StoredEnd): void {
  stored.end = end;
  for (const follower of stored.followers) follower.sink?.finish(end);
}

class MemoryLog implements StreamLog {
  readonly #memory: SharedMemory;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  check(id: string): void {
    if (id.includes('{')) throw new TypeError(`id: expected no brace, got ${id}`);
  }

  async lead(request: LeadRequest): Promise<Claim> {
    await Promise.resolve();
    const memory = this.#memory;
    const leader = new MemoryLeader(memory, request);
    if (memory.isAway) return { type: 'led', leader };
    const stored = memory.streams.get(request.id);
    if (stored === undefined || (stored.leader === undefined && stored.end === undefined && request.canResume)) {
      const { lines, oldest, epoch, metadata } = leader.claim();
      if (stored === undefined) return { type: 'led', leader };
      return { type: 'resumed', leader, stored: { epoch, oldest, metadata, lines: [...lines] } };
    }
    return { type: 'taken', stream: new MemoryFollow(memory, request.id, stored, request), lostAfterMs: 5_000 };
  }

  async follow(id: string): Promise<FollowedStream | undefined> {
    this.#memory.followsCount += 1;
    await Promise.resolve();
    if (this.#memory.isAway) throw new StreamManagerError('log-unavailable', 'the memory does not answer');
    const stored = this.#memory.streams.get(id);
    return stored && new MemoryFollow(this.#memory, id, stored);
  }

  async close(): Promise<void> {
    // As a server would, it needs a turn for what is on its way.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export class MemoryLeader implements StreamLeader {
  readonly #memory: SharedMemory;
  readonly #request: LeadRequest;
  #led: LedStream | undefined;
  #isSending = false;
  #isWoken = false;
  isFenced = false;
  /** Whether the process sleeps: it sends nothing. */
  isFrozen = false;

  constructor(memory: SharedMemory, request: LeadRequest) {
    this.#memory = memory;
    this.#request = request;
    memory.leaders.add(this);
  }

  get onSlow(): 'buffer' | 'pause' {
    return this.#memory.onSlow;
  }

  get led(): LedStream | undefined {
    return this.#led;
  }

  /** Takes the id; returns what is stored, which another leader may own. */
  claim(): Stored {
    const { id, epoch, metadata } = this.#request;
    const { streams } = this.#memory;
    let stored = streams.get(id);
    if (stored === undefined) {
      const oldest = this.#led?.oldest ?? 0;
      stored = { epoch, metadata, oldest, lines: [], leader: this, end: undefined, followers: new Set() };
      streams.set(id, stored);
    }
    if (stored.end === undefined) stored.leader ??= this;
    return stored;
  }

  start(led: LedStream): void {
    this.#led = led;
  }

  wake(): void {
    // A reader of a copy may push in the turn of its event.
    this.#isWoken = true;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isWoken) {
      this.#isWoken = false;
      this.#send();
    }
    this.#isSending = false;
  }

  #send(): void {
    const led = this.#led;
    if (led === undefined || this.isFrozen || this.#memory.isAway) return;
    const stored = this.#memory.streams.get(this.#request.id) ?? this.claim();
    if (this.isFenced || stored.leader !== this) {
      this.#led = undefined;
      return led.fail(this.isFenced ? 'producer-lost' : 'duplicate-id');
    }
    for (;;) {
      const next = stored.oldest + stored.lines.length;
      if (next < led.oldest) {
        stored.lines.length = 0;
        stored.oldest = led.oldest;
        for (const { sink } of stored.followers) sink?.skip(led.oldest);
        continue;
      }
      const lines = led.read(next, 30);
      if (lines.length === 0) break;
      stored.lines.push(...lines);
      for (const { sink } of stored.followers) for (const line of lines) sink?.push(line);
      led.confirm(next + lines.length);
    }
    const trimmed = Math.min(led.oldest - stored.oldest, stored.lines.length);
    stored.lines.splice(0, trimmed);
    stored.oldest += trimmed;
    if (led.end !== undefined && stored.end === undefined) finish(stored, { type: 'ended', line: led.end });
  }

  release(): void {
    this.#send();
    const { id } = this.#request;
    const stored = this.#memory.streams.get(id);
    if (stored?.leader !== this) return;
    stored.leader = undefined;
    this.#led = undefined;
    this.#memory.leaders.delete(this);
    [...stored.followers].find(({ canResume }) => canResume)?.takeOver();
  }

  async isFollowed(): Promise<boolean> {
    if (this.#memory.isAway) throw new Error('the memory does not answer');
    return (this.#memory.streams.get(this.#request.id)?.followers.size ?? 0) > 0;
  }
}

class MemoryFollow implements FollowedStream {
  readonly epoch: number;
  readonly oldest: number;
  readonly lines: readonly string[];
  readonly metadata: string | undefined;
  readonly end: StoredEnd | undefined;
  readonly canResume: boolean;
  sink: FollowSink | undefined;
  readonly #memory: SharedMemory;
  readonly #id: string;
  readonly #stored: Stored;
  readonly #request: LeadRequest | undefined;

  constructor(memory: SharedMemory, id: string, stored: Stored, request?: LeadRequest) {
    this.epoch = stored.epoch;
    this.oldest = stored.oldest;
    this.lines = [...stored.lines];
    this.metadata = stored.metadata;
    this.end = stored.end;
    this.canResume = request?.canResume === true;
    this.#memory = memory;
    this.#id = id;
    this.#stored = stored;
    this.#request = request;
    stored.followers.add(this);
  }

  start(sink: FollowSink): void {
    const { oldest, lines, end } = this.#stored;
    this.sink = sink;
    const next = this.oldest + this.lines.length;
    if (oldest > next) sink.skip(oldest);
    for (const line of lines.slice(Math.max(0, next - oldest))) sink.push(line);
    if (end !== undefined) sink.finish(end);
  }

  takeOver(): void {
    const { sink } = this;
    if (this.#request === undefined) return;
    const leader = new MemoryLeader(this.#memory, this.#request);
    this.leave();
    leader.claim();
    sink?.lead(leader);
  }

  stop(reason: string): void {
    this.#memory.streams.get(this.#id)?.leader?.led?.stop(reason);
  }

  leave(): void {
    this.sink = undefined;
    this.#stored.followers.delete(this);
  }
}
