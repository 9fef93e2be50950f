import type { Random } from '../soak/random.ts';
import { time } from './install.ts';
import type { VirtualSocket } from './virtual-socket.ts';

/** The manner of a client's connections. */
export interface LinkProfile {
  /** From one end to the other, at least and at most. */
  readonly latencyMs: readonly [low: number, high: number];
  /** The most bytes of a segment: 1 is a read for each byte. */
  readonly segmentBytes: number;
  /** The share of writes that are split somewhere. */
  readonly splitShare: number;
  /** Bytes on their way before a sender has to wait. */
  readonly windowBytes: number;
}

/** A connection that fails. Bytes count from the server to the client. */
export type ConnectionFault =
  | { readonly type: 'refused' | 'unanswered' }
  | { readonly type: 'slow-connect'; readonly ms: number }
  /** The connection is reset, ends, or falls silent in both directions without a word. */
  | { readonly type: 'reset' | 'end' | 'silent'; readonly afterBytes: number }
  /** Nothing arrives for a time. */
  | { readonly type: 'stall'; readonly afterBytes: number; readonly ms: number };

/** The end of a direction, or of a connection. */
type Mark = 'end' | 'reset';

/** One direction. */
interface Direction {
  readonly to: VirtualSocket;
  /** Segments arrive in their order. */
  lastDueMs: number;
  unreadBytes: number;
  sentBytes: number;
  waiting: (() => void) | undefined;
  hasGivenUp: boolean;
}

/** A sender that gets no answer gives its connection up after this time, as Linux does. */
const giveUpMs = 924_600;

/** The way between two sockets. */
export class Link {
  readonly #client: VirtualSocket;
  readonly #down: Direction;
  readonly #up: Direction;
  readonly #profile: LinkProfile;
  readonly #fault: ConnectionFault | undefined;
  readonly #random: Random;
  /** Nothing arrives any more, in either direction. */
  #isSilent = false;
  #hasFailed = false;

  constructor(
    client: VirtualSocket,
    server: VirtualSocket,
    profile: LinkProfile,
    fault: ConnectionFault | undefined,
    random: Random,
  ) {
    this.#client = client;
    this.#profile = profile;
    this.#fault = fault;
    this.#random = random;
    const direction = { lastDueMs: 0, unreadBytes: 0, sentBytes: 0, waiting: undefined, hasGivenUp: false };
    this.#down = { ...direction, to: client };
    this.#up = { ...direction, to: server };
    client.link = this;
    server.link = this;
  }

  latencyMs(): number {
    const [low, high] = this.#profile.latencyMs;
    // Quarters: a clock with fractions, and still times that are equal.
    return Math.round(4 * (low + this.#random.next() * (high - low))) / 4;
  }

  /** The network between the two is gone. */
  cut(): void {
    this.#isSilent = true;
  }

  /** Sends bytes or a mark; `done` is called when there is room for more. */
  send(from: VirtualSocket, what: Buffer | Mark, done?: () => void): void {
    const direction = this.#from(from);
    if (typeof what === 'string') return this.#schedule(direction, what);
    for (const segment of this.#split(what)) {
      direction.unreadBytes += segment.length;
      const before = direction.sentBytes;
      direction.sentBytes += segment.length;
      const fault = direction === this.#down && !this.#hasFailed ? this.#fault : undefined;
      if (fault === undefined || !('afterBytes' in fault) || direction.sentBytes < fault.afterBytes) {
        this.#schedule(direction, segment);
        continue;
      }
      this.#hasFailed = true;
      const kept = Math.max(0, fault.afterBytes - before);
      if (kept > 0) this.#schedule(direction, segment.subarray(0, kept));
      if (fault.type === 'stall') direction.lastDueMs = Math.max(direction.lastDueMs, time.nowMs) + fault.ms;
      else this.#fail(direction, fault.type);
      if (fault.type === 'stall' && kept < segment.length) this.#schedule(direction, segment.subarray(kept));
    }
    if (direction.unreadBytes <= this.#profile.windowBytes) done?.();
    else direction.waiting = done;
  }

  /** The reader has taken bytes. */
  taken(by: VirtualSocket, bytes: number): void {
    const direction = by === this.#client ? this.#down : this.#up;
    direction.unreadBytes -= bytes;
    const { waiting } = direction;
    if (waiting === undefined || direction.unreadBytes > this.#profile.windowBytes) return;
    direction.waiting = undefined;
    time.arriveAt(time.nowMs, waiting, this.#peerOf(by).owner);
  }

  #fail(direction: Direction, how: 'reset' | 'end' | 'silent'): void {
    if (how === 'silent') {
      const silence = (): void => this.cut();
      time.arriveAt(Math.max(direction.lastDueMs, time.nowMs), silence, undefined);
      return;
    }
    this.#schedule(direction, how);
    // Something between the two has done it, so the other side hears of it as well.
    this.#schedule(this.#up, 'reset');
  }

  #schedule(direction: Direction, what: Buffer | Mark): void {
    direction.lastDueMs = Math.max(direction.lastDueMs, time.nowMs + this.latencyMs());
    const { to } = direction;
    time.arriveAt(direction.lastDueMs, () => this.#arrive(direction, what), to.owner);
  }

  #arrive(direction: Direction, what: Buffer | Mark): void {
    const { to } = direction;
    if (this.#isSilent) return this.#giveUpLater(direction);
    if (what === 'reset') return to.fail('ECONNRESET');
    if (!to.destroyed) return to.receive(what === 'end' ? null : what);
    // A closed socket answers bytes with a reset.
    if (what !== 'end') this.#schedule(to === this.#client ? this.#up : this.#down, 'reset');
  }

  #giveUpLater(direction: Direction): void {
    if (direction.hasGivenUp) return;
    direction.hasGivenUp = true;
    const sender = this.#peerOf(direction.to);
    time.arriveAt(time.nowMs + giveUpMs, () => sender.fail('ETIMEDOUT'), sender.owner);
  }

  #split(bytes: Buffer): Buffer[] {
    const { segmentBytes, splitShare } = this.#profile;
    if (bytes.length <= segmentBytes && !this.#random.chance(splitShare)) return [bytes];
    const segments: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = this.#random.between(1, Math.min(segmentBytes, bytes.length));
      segments.push(bytes.subarray(at, at + size));
      at += size;
    }
    return segments;
  }

  #from(socket: VirtualSocket): Direction {
    return socket === this.#client ? this.#up : this.#down;
  }

  #peerOf(socket: VirtualSocket): VirtualSocket {
    return socket === this.#client ? this.#up.to : this.#down.to;
  }
}
