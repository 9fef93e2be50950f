import { StreamManagerError } from './errors.ts';
import { Follower } from './follower.ts';
import { Inbox } from './inbox.ts';
import { encodeEnd, encodeReason, endOnly, Mirror } from './mirror.ts';
import { failedEnd, type StreamCodec } from './stream-codec.ts';
import type { Claim, FollowedStream, LeadRequest, StoredStream, StreamLeader, StreamLog } from './stream-log.ts';
import type { Stream, StreamObserver } from './stream.ts';
import type { ManagedStream } from './types.ts';

/** The part of a stream that the manager keeps while it can be found by its id. */
export interface SharedEntry<Event, Result> {
  readonly stream: Stream<Event, Result>;
  readonly handle: ManagedStream<Event, Result>;
  /** Settles when the claim is answered, for a stream that was started with a log. */
  claimed?: Promise<void> | undefined;
  /** A source waits for both: the answer to its claim, and its place. */
  isClaiming?: boolean | undefined;
  hasPlace?: boolean | undefined;
  /** Set for a copy of a stream that another process leads. */
  follower?: Follower<Event, Result> | undefined;
}

/** The calls from the shared streams to their manager. */
export interface SharedStreamsHost<Event, Result> {
  readonly observer: StreamObserver<Event, Result>;
  find(id: string): SharedEntry<Event, Result> | undefined;
  /** Creates the copy of a stream, without making it known. */
  createCopy(id: string, epoch: number): SharedEntry<Event, Result>;
  add(entry: SharedEntry<Event, Result>): void;
  /** Forgets the entry; does nothing if another one has its id. */
  remove(entry: SharedEntry<Event, Result>): void;
  /** A stream that was started turns out to be a copy: it gives its place back, and is in no count. */
  uncount(entry: SharedEntry<Event, Result>): void;
  /** A copy is led by this process from now on: it is counted, and gets or waits for a place. */
  admit(entry: SharedEntry<Event, Result>): void;
}

/** The streams of one manager that other processes can find, and its copies of streams that others lead. */
export class SharedStreams<Event, Result> {
  readonly #log: StreamLog;
  readonly #codec: StreamCodec<Event, Result>;
  readonly #host: SharedStreamsHost<Event, Result>;
  readonly #followers = new Set<Follower<Event, Result>>();
  readonly #attaching = new Map<string, Promise<ManagedStream<Event, Result>>>();
  readonly #pending = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(log: StreamLog, codec: StreamCodec<Event, Result>, host: SharedStreamsHost<Event, Result>) {
    this.#log = log;
    this.#codec = codec;
    this.#host = host;
  }

  /** @throws TypeError for an id that the log cannot keep */
  check(id: string): void {
    this.#log.check(id);
  }

  /** Claims the stream of an entry that was started, and then leads or follows it. */
  claim(entry: SharedEntry<Event, Result>, request: LeadRequest, isJoin: boolean): void {
    entry.claimed = this.#track(this.#claim(entry, request, isJoin));
  }

  /** The entry has its place: its source starts when the claim is answered. */
  onPlace(entry: SharedEntry<Event, Result>): void {
    entry.hasPlace = true;
    if (entry.isClaiming !== true) entry.stream.run();
  }

  /**
   * Returns the stream with this id: that of this process when its claim is answered, or a copy with its whole history.
   *
   * @throws StreamManagerError `stream-not-found`, `log-unavailable`, and `manager-closed`
   */
  async attach(id: string): Promise<ManagedStream<Event, Result>> {
    const entry = this.#host.find(id);
    if (entry !== undefined) {
      await entry.claimed;
      // The claim may have shown that another process has the id.
      if (this.#host.find(id) !== entry) return this.attach(id);
      entry.follower?.keep(0);
      return entry.handle;
    }
    let attaching = this.#attaching.get(id);
    if (attaching === undefined) {
      attaching = this.#track(this.#attach(id)).finally(() => this.#attaching.delete(id));
      this.#attaching.set(id, attaching);
    }
    return attaching;
  }

  /** Cuts the readers of all copies off: they find the streams in another process. */
  leave(): void {
    this.#isClosed = true;
    for (const follower of this.#followers) follower.close(closedError());
  }

  /** Closes the log, when every claim is answered; every stream must have ended. */
  async close(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    await this.#log.close();
  }

  async #claim(entry: SharedEntry<Event, Result>, request: LeadRequest, isJoin: boolean): Promise<void> {
    let claim: Claim;
    try {
      claim = await this.#log.lead(request);
    } catch (error) {
      entry.isClaiming = false;
      return this.#refuse(entry, error);
    }
    if (claim.type === 'led') this.#lead(entry, claim.leader);
    else if (claim.type === 'resumed') await this.#resume(entry, claim.leader, claim.stored);
    else if (isJoin) await this.#join(entry, claim.stream, request.canResume ? claim.lostAfterMs : 0);
    else {
      claim.stream.leave();
      const { id } = request;
      const message = `another process leads a stream with the id ${id} already`;
      this.#refuse(entry, new StreamManagerError('duplicate-id', message, { streamId: id }));
    }
  }

  #refuse(entry: SharedEntry<Event, Result>, error: unknown): void {
    entry.stream.isForgotten = true;
    const end = failedEnd(this.#codec, error, entry.stream.fanOut.log);
    entry.stream.refuse(end.error, end.result);
    this.#host.remove(entry);
  }

  #lead(entry: SharedEntry<Event, Result>, leader: StreamLeader): void {
    new Mirror(entry.stream, this.#codec, leader).start();
    entry.isClaiming = false;
    if (entry.hasPlace === true) entry.stream.run();
  }

  async #resume(entry: SharedEntry<Event, Result>, leader: StreamLeader, stored: StoredStream): Promise<void> {
    const { stream } = entry;
    const next = stored.oldest + stored.lines.length;
    await this.#restore(stream, stored);
    const { end } = stream.fanOut;
    if (end !== undefined) {
      leader.start(endOnly(next, encodeEnd(this.#codec, { ...end, eventsCount: next })));
      return leader.wake();
    }
    stream.lead(metadataOf(stored), this.#host.observer);
    this.#lead(entry, leader);
  }

  async #restore(stream: Stream<Event, Result>, { epoch, oldest, lines }: StoredStream): Promise<void> {
    const { fanOut } = stream;
    fanOut.begin(epoch);
    if (oldest > 0) fanOut.skipTo(oldest);
    const inbox = new Inbox((line) => {
      if (fanOut.end !== undefined) return;
      try {
        stream.receive(this.#codec.decodeEvent(line));
      } catch (error) {
        stream.refuse(error);
      }
    });
    for (const line of lines) inbox.put(line);
    await new Promise<void>((resolve) => inbox.put(resolve));
  }

  async #join(entry: SharedEntry<Event, Result>, followed: FollowedStream, keepMs: number): Promise<void> {
    const { stream } = entry;
    entry.isClaiming = false;
    const { end } = stream.fanOut;
    if (end !== undefined) {
      // A stop that came before the answer is meant for the stream, wherever it is; a closing manager only leaves.
      const isStop = end.status === 'stopped' && !this.#isClosed;
      if (isStop && followed.end === undefined) followed.stop(encodeReason(this.#codec, end.reason));
      followed.leave();
      return this.#host.remove(entry);
    }
    this.#host.uncount(entry);
    await this.#follow(entry, followed);
    entry.follower?.keep(keepMs);
  }

  async #attach(id: string): Promise<ManagedStream<Event, Result>> {
    for (;;) {
      if (this.#isClosed) throw closedError();
      const followed = await this.#log.follow(id);
      const started = this.#host.find(id);
      if (this.#isClosed || started !== undefined) followed?.leave();
      else if (followed === undefined) throw notFound(id);
      else {
        const entry = this.#host.createCopy(id, followed.epoch);
        this.#host.add(entry);
        entry.claimed = this.#follow(entry, followed);
        await entry.claimed;
        return entry.handle;
      }
      // It was started here in the meantime, and its claim may be refused.
      await started?.claimed;
      if (started !== undefined && this.#host.find(id) === started) return started.handle;
    }
  }

  #follow(entry: SharedEntry<Event, Result>, followed: FollowedStream): Promise<void> {
    const { stream } = entry;
    const follower: Follower<Event, Result> = new Follower(stream, this.#log, this.#codec, {
      onDrop: () => {
        this.#followers.delete(follower);
        this.#host.remove(entry);
      },
      onReturn: () => {
        if (this.#isClosed) return follower.close(closedError());
        this.#followers.add(follower);
      },
      onLead: (leader) => {
        this.#followers.delete(follower);
        entry.follower = undefined;
        stream.lead(stream.info().metadata, this.#host.observer);
        new Mirror(stream, this.#codec, leader).start();
        this.#host.admit(entry);
      },
    });
    this.#followers.add(follower);
    entry.follower = follower;
    stream.follow(follower, metadataOf(followed), copyObserver(this.#host.observer));
    return follower.begin(followed);
  }

  #track<Value>(promise: Promise<Value>): Promise<Value> {
    const settled = promise.then(
      () => void this.#pending.delete(settled),
      () => void this.#pending.delete(settled),
    );
    this.#pending.add(settled);
    return promise;
  }
}

/** Returns the metadata of a stream in one line of JSON; undefined for none. */
export function encodeMetadata(metadata: unknown): string | undefined {
  if (metadata === undefined) return undefined;
  try {
    const line = JSON.stringify(metadata) as string | undefined;
    if (line !== undefined) return line;
  } catch {
    // Reported below.
  }
  throw new TypeError(`metadata: expected a value that JSON can hold, because of streamLog, got ${typeof metadata}`);
}

function metadataOf({ metadata }: StoredStream): unknown {
  return metadata === undefined ? undefined : JSON.parse(metadata);
}

/** A copy is in none of the manager's counts but that of detached subscribers: those are this process's own. */
function copyObserver<Event, Result>(observer: StreamObserver<Event, Result>): StreamObserver<Event, Result> {
  return {
    onState() {},
    onEvent() {},
    onLateEvent() {},
    onPause() {},
    onDetach: (stream, error) => observer.onDetach(stream, error),
    onCoolDown() {},
  };
}

function notFound(id: string): StreamManagerError {
  return new StreamManagerError('stream-not-found', `stream ${id} is neither running nor retained in any process`, {
    streamId: id,
  });
}

/** Returns the error of readers that are detached because the manager closes. */
export function closedError(): StreamManagerError {
  return new StreamManagerError('manager-closed', 'the manager was closed: the stream continues in another process');
}
