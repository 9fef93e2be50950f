import { Socket } from 'node:net';
import { time } from './install.ts';
import type { Link } from './link.ts';
import { currentOwner, type Owner } from './virtual-time.ts';

const messages = {
  ECONNRESET: 'read ECONNRESET',
  ECONNREFUSED: 'connect ECONNREFUSED',
  ETIMEDOUT: 'read ETIMEDOUT',
  EPIPE: 'write EPIPE',
} as const;

function systemError(code: keyof typeof messages): NodeJS.ErrnoException {
  return Object.assign(new Error(messages[code]), { code, syscall: messages[code].split(' ')[0] });
}

/** One end of a connection of the simulation. It is a `net.Socket`, as the transport expects, without a handle. */
export class VirtualSocket extends Socket {
  readonly owner: Owner | undefined;
  readonly host: string;
  link!: Link;
  /** Bytes that have arrived and were not asked for. */
  readonly #inbox: (Buffer | null)[] = [];
  #wantsMore = false;
  #isBroken = false;
  #idleMs = 0;
  #activeAtMs = 0;

  constructor(host: string, isConnecting: boolean, owner = currentOwner.getStore()) {
    super({ allowHalfOpen: !isConnecting });
    this.host = host;
    this.owner = owner;
    Object.assign(this, { connecting: isConnecting });
  }

  establish(): void {
    Object.assign(this, { connecting: false });
    this.emit('connect');
    this.emit('ready');
  }

  refuse(): void {
    this.#isBroken = true;
    this.destroy(systemError('ECONNREFUSED'));
  }

  /** Bytes arrive; `null` is the end. */
  receive(bytes: Buffer | null): void {
    this.#activeAtMs = time.nowMs;
    this.#inbox.push(bytes);
    if (this.#wantsMore) this.#hand();
  }

  fail(code: keyof typeof messages): void {
    this.#isBroken = true;
    if (!this.destroyed) this.destroy(systemError(code));
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#hand();
  }

  #hand(): void {
    while (this.#wantsMore && this.#inbox.length > 0) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) return;
      if (bytes !== null) this.link.taken(this, bytes.length);
      this.#wantsMore = this.push(bytes);
    }
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once('connect', () => this._write(chunk, encoding, done));
      return;
    }
    if (this.#isBroken) return done(systemError('EPIPE'));
    this.#activeAtMs = time.nowMs;
    this.link.send(this, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk), () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#isBroken) this.link.send(this, 'end');
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isTold = this.#isBroken || this.connecting;
    // Unread bytes make a reset of a close.
    if (!isTold) this.link.send(this, this.#inbox.length > 0 || !this.writableEnded ? 'reset' : 'end');
    this.#isBroken = true;
    this.#idleMs = 0;
    done(error);
    process.nextTick(() => this.emit('close', error !== null));
  }

  override resetAndDestroy(): this {
    if (!this.#isBroken) this.link.send(this, 'reset');
    this.#isBroken = true;
    return this.destroy();
  }

  override setTimeout(idleMs: number, callback?: () => void): this {
    this.#idleMs = idleMs;
    this.#activeAtMs = time.nowMs;
    if (callback !== undefined) this.once('timeout', callback);
    if (idleMs > 0) this.#watch(idleMs, idleMs);
    return this;
  }

  #watch(idleMs: number, leftMs: number): void {
    time.arriveAt(
      time.nowMs + leftMs,
      () => {
        if (this.#idleMs !== idleMs || this.destroyed) return;
        const rest = this.#activeAtMs + idleMs - time.nowMs;
        if (rest > 0) this.#watch(idleMs, rest);
        else this.emit('timeout');
      },
      this.owner,
    );
  }

  override setNoDelay(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }
}

// `net.Socket` has one, which needs a handle.
Object.defineProperty(VirtualSocket.prototype, '_writev', { value: null });
