const valueBytes = 16;
const containerBytes = 32;
const maxSteps = 100_000;
/** Every container that is opened may show this many of its entries, however many wait beside it. */
const minEntries = 8;
/** By how much an event counts more if the walk ended before its deepest containers were opened. */
const deepFactor = 10;
const goldenRatio = 0.618_033_988_749_895;

/**
 * Returns roughly how many bytes of memory an event holds: the manager's default `sizeOf`. Each value counts 16 bytes,
 * an object, array, Map or Set 32 more, a string and the name of a property two bytes a character. A buffer, or the
 * whole buffer behind a view, counts its length. Objects and buffers count once however often they are referred to;
 * properties that are not enumerable and the holes of an array do not count.
 *
 * Exact by this rule up to about 50,000 values. To stay within 100,000 steps on larger events, the walk goes down level
 * by level and takes a sample, spread over each container, that stands for the rest: dropping the rest would make the
 * largest events look small. If containers are still unopened when the steps run out, which needs a nesting of many
 * levels, the result is multiplied by ten.
 *
 * @throws whatever a getter of the event throws
 */
export function approximateBytes(event: unknown): number {
  if (typeof event !== 'object' || event === null) return leafBytes(event);
  return new Walk().measure(event);
}

function leafBytes(value: unknown): number {
  return typeof value === 'string' ? valueBytes + value.length * 2 : valueBytes;
}

/** A walk through one event, one level of containers after the other. */
class Walk {
  #bytes = 0;
  #steps = 0;
  /** The containers of the next level, and how many each one stands for. */
  #containers: object[] = [];
  #weights: number[] = [];
  /** Made for the first container inside another one: most events are flat. */
  #seen: Set<object> | undefined;
  /** The event itself. */
  #root: object | undefined;

  measure(event: object): number {
    this.#root = event;
    this.#open(event, 1, maxSteps / 2);
    while (this.#containers.length > 0) {
      const left = maxSteps - this.#steps;
      // Every container that is opened takes at least two steps.
      const maxContainers = Math.floor(left / (2 * minEntries));
      if (maxContainers < 1) return this.#bytes * deepFactor;
      this.#openLevel(maxContainers, left / 2);
    }
    return this.#bytes;
  }

  #openLevel(maxContainers: number, steps: number): void {
    const containers = this.#containers;
    const weights = this.#weights;
    this.#containers = [];
    this.#weights = [];
    const { length } = containers;
    const count = Math.min(length, maxContainers);
    const weight = length / count;
    const end = this.#steps + steps;
    for (let taken = 0; taken < count; taken += 1) {
      const index = sampleIndex(taken, count, length);
      const share = (end - this.#steps) / (count - taken);
      this.#open(containers[index] as object, (weights[index] as number) * weight, Math.max(minEntries, share));
    }
  }

  #open(value: object, weight: number, maxEntries: number): void {
    this.#steps += 1;
    const buffer = bufferOf(value);
    if (buffer !== undefined) {
      this.#bytes += valueBytes * weight;
      if (value === buffer || this.#isNew(buffer)) this.#bytes += buffer.byteLength * weight;
      return;
    }
    this.#bytes += (valueBytes + containerBytes) * weight;
    if (Array.isArray(value)) this.#openArray(value, weight, maxEntries);
    else if (value instanceof Map) this.#openMap(value, weight, maxEntries);
    else if (value instanceof Set) this.#openSet(value, weight, maxEntries);
    else this.#openKeys(value as Record<string, unknown>, Object.keys(value), weight, maxEntries, true);
  }

  #openArray(array: readonly unknown[], weight: number, maxEntries: number): void {
    const { length } = array;
    const count = Math.min(length, Math.floor(maxEntries));
    if (count < length && isSparse(array)) {
      return this.#openKeys(array as never, Object.keys(array), weight, maxEntries, false);
    }
    const entryWeight = (weight * length) / count;
    for (let taken = 0; taken < count; taken += 1) {
      const index = sampleIndex(taken, count, length);
      const entry = array[index];
      if (entry !== undefined || index in array) this.#add(entry, entryWeight);
    }
    this.#steps += count;
  }

  #openMap(map: ReadonlyMap<unknown, unknown>, weight: number, maxEntries: number): void {
    const count = Math.min(map.size, Math.ceil(maxEntries / 2));
    const entryWeight = (weight * map.size) / count;
    let taken = 0;
    for (const [key, value] of map) {
      if (taken === count) break;
      taken += 1;
      this.#add(key, entryWeight);
      this.#add(value, entryWeight);
    }
    this.#steps += 2 * count;
  }

  #openSet(set: ReadonlySet<unknown>, weight: number, maxEntries: number): void {
    const count = Math.min(set.size, Math.floor(maxEntries));
    const entryWeight = (weight * set.size) / count;
    let taken = 0;
    for (const value of set) {
      if (taken === count) break;
      taken += 1;
      this.#add(value, entryWeight);
    }
    this.#steps += count;
  }

  #openKeys(
    value: Readonly<Record<string, unknown>>,
    keys: readonly string[],
    weight: number,
    maxEntries: number,
    hasNames: boolean,
  ): void {
    const { length } = keys;
    const count = Math.min(length, Math.floor(maxEntries));
    const entryWeight = (weight * length) / count;
    for (let taken = 0; taken < count; taken += 1) {
      const key = keys[sampleIndex(taken, count, length)] as string;
      if (hasNames) this.#bytes += key.length * 2 * entryWeight;
      this.#add(value[key], entryWeight);
    }
    this.#steps += count;
  }

  #add(value: unknown, weight: number): void {
    if (typeof value !== 'object' || value === null) this.#bytes += leafBytes(value) * weight;
    else if (this.#isNew(value)) {
      this.#containers.push(value);
      this.#weights.push(weight);
    } else this.#bytes += valueBytes * weight;
  }

  #isNew(value: object): boolean {
    this.#seen ??= new Set([this.#root as object]);
    if (this.#seen.has(value)) return false;
    this.#seen.add(value);
    return true;
  }
}

/**
 * Returns the index that stands for part number `taken` of `count` equal parts of `length` entries. The place inside
 * the part changes from one to the next: entries that alternate would be sampled one-sidedly by a fixed step.
 */
function sampleIndex(taken: number, count: number, length: number): number {
  if (count === length) return taken;
  const part = length / count;
  return Math.min(length - 1, Math.floor(taken * part + ((taken * goldenRatio) % 1) * part));
}

/** Whether most of a long array is holes, so that its indices are few. */
function isSparse(array: readonly unknown[]): boolean {
  const probes = 64;
  let held = 0;
  for (let taken = 0; taken < probes; taken += 1) if (sampleIndex(taken, probes, array.length) in array) held += 1;
  return held < probes / 2;
}

function bufferOf(value: object): ArrayBufferLike | undefined {
  if (ArrayBuffer.isView(value)) return value.buffer;
  const isBuffer =
    value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);
  return isBuffer ? value : undefined;
}
