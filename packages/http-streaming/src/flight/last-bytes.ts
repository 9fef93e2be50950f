/** The last bytes of a body, for looking at what came before a failure. */
export interface LastBytes {
  add(chunk: Uint8Array): void;
  /** The kept bytes in order, as a copy. */
  read(): Uint8Array;
}

class ByteRing implements LastBytes {
  readonly #size: number;
  #ring: Uint8Array | undefined;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }
  add(chunk: Uint8Array): void {
    const size = this.#size;
    const ring = (this.#ring ??= new Uint8Array(size));
    if (chunk.length >= size) {
      ring.set(chunk.subarray(chunk.length - size));
      this.#count = size;
      return;
    }
    const start = this.#count % size;
    const untilEnd = Math.min(chunk.length, size - start);
    ring.set(untilEnd === chunk.length ? chunk : chunk.subarray(0, untilEnd), start);
    if (untilEnd < chunk.length) ring.set(chunk.subarray(untilEnd), 0);
    this.#count += chunk.length;
  }
  read(): Uint8Array {
    if (this.#ring === undefined) return new Uint8Array();
    if (this.#count <= this.#size) return this.#ring.slice(0, this.#count);
    const start = this.#count % this.#size;
    const ordered = new Uint8Array(this.#size);
    ordered.set(this.#ring.subarray(start), 0);
    ordered.set(this.#ring.subarray(0, start), this.#size - start);
    return ordered;
  }
}

/** Keeps `size` bytes at the most. They are copied: a piece of a chunk would hold on to the whole read. */
export function createLastBytes(size: number): LastBytes {
  return new ByteRing(size);
}
