import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import timers from 'node:timers';
import zlib from 'node:zlib';
import { createRandom, type Random } from '../soak/random.ts';
import { currentOwner, VirtualImmediate, VirtualTime, VirtualTimer } from './virtual-time.ts';

/**
 * Puts the virtual clock, a random source with a seed, and zlib without threads in the place of Node's, for every module
 * that is loaded after this one. There is no way back: a process simulates, or does something else.
 */

/** The moment at which the virtual clock begins: 1 January 2030. */
const beginningMs = 1_893_456_000_000;
const RealDate = Date;
const { setImmediate: turn } = globalThis;

export const time = new VirtualTime((callback) => void turn(callback));

let random: Random = createRandom(0);
// Of its own: the manager takes bytes for many ids at a time, for episodes that follow too.
const bytesRandom = createRandom(1);

/** Begins another sequence of `Math.random`. */
export function seedRandom(seed: number): void {
  random = createRandom(seed);
}

class VirtualDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(VirtualDate.now());
    else super(...(given as [number]));
  }

  static override now(): number {
    return Math.floor(beginningMs + time.nowMs);
  }
}

type Callback = (...given: unknown[]) => void;

const setVirtualTimeout = (callback: Callback, delayMs = 1, ...given: unknown[]): VirtualTimer =>
  new VirtualTimer(time, callback, delayMs, given, false);
const setVirtualInterval = (callback: Callback, delayMs = 1, ...given: unknown[]): VirtualTimer =>
  new VirtualTimer(time, callback, delayMs, given, true);
const setVirtualImmediate = (callback: Callback, ...given: unknown[]): VirtualImmediate =>
  time.addImmediate(() => callback(...given));
const clearVirtual = (given: unknown): void => {
  if (given instanceof VirtualTimer) given.close();
};
const clearVirtualImmediate = (given: unknown): void => {
  if (given instanceof VirtualImmediate) given.isCleared = true;
};

/** The forms of `node:timers/promises`: `start` begins to wait, `stop` ends the wait early. */
function promised<Handle>(start: (done: () => void, delayMs: number) => Handle, stop: (handle: Handle) => void) {
  return <Value>(delayMs: number, value: Value, { signal }: { signal?: AbortSignal } = {}): Promise<Value> =>
    new Promise((resolve, reject) => {
      const fail = (): void => reject(new DOMException('The operation was aborted', 'AbortError'));
      if (signal?.aborted === true) return fail();
      const onAbort = (): void => {
        stop(handle);
        fail();
      };
      const handle = start(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      }, delayMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
}

const wait = promised(setVirtualTimeout, clearVirtual);
const waitTurn = promised((done) => setVirtualImmediate(done), clearVirtualImmediate);

const replacements = {
  setTimeout: setVirtualTimeout,
  clearTimeout: clearVirtual,
  setInterval: setVirtualInterval,
  clearInterval: clearVirtual,
  setImmediate: setVirtualImmediate,
  clearImmediate: clearVirtualImmediate,
};
Object.assign(globalThis, replacements, { Date: VirtualDate });
Object.assign(timers, replacements);
Object.assign(timersPromises, {
  setTimeout: wait,
  setImmediate: <Value>(value: Value, options?: { signal?: AbortSignal }) => waitTurn(0, value, options),
});
Object.defineProperty(performance, 'now', { value: () => time.nowMs, configurable: true });
Object.defineProperty(performance, 'timeOrigin', { value: beginningMs, configurable: true });
Object.assign(Math, { random: () => random.next() });
Object.defineProperty(crypto, 'getRandomValues', {
  value: fill,
  configurable: true,
});

function fill(bytes: Uint8Array): Uint8Array {
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = bytesRandom.between(0, 255);
  return bytes;
}

/** The part of zlib's own object that works in a thread. */
interface ZlibHandle {
  init(...given: unknown[]): unknown;
  write(...given: unknown[]): unknown;
  writeSync(...given: unknown[]): unknown;
  written?: () => void;
}

// A thread answers when it likes, so the work is done at once and reported in a later turn.
const handlePrototype = Object.getPrototypeOf(
  (zlib.createGzip() as unknown as { _handle: ZlibHandle })._handle,
) as ZlibHandle;
const init: (this: ZlibHandle, ...given: unknown[]) => unknown = Reflect.get(handlePrototype, 'init');
handlePrototype.init = function initialise(this: ZlibHandle, ...given: unknown[]) {
  const written = given.find((each) => typeof each === 'function') as (() => void) | undefined;
  if (written !== undefined) this.written = written;
  return init.apply(this, given);
};
handlePrototype.write = function write(this: ZlibHandle, ...given: unknown[]) {
  this.writeSync(...given);
  time.arriveAt(time.nowMs, () => this.written?.call(this), currentOwner.getStore());
};
syncBuiltinESMExports();
