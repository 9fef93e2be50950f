/** The last bytes of a body, for looking at what came before a failure. */
export interface LastBytes {
  add(chunk: Uint8Array): void;
  /** The kept bytes in order, as a copy. */
  read(): Uint8Array;
}

/** Keeps `size` bytes at the most. They are copied: a piece of a chunk would hold on to the whole read. */
export function createLastBytes(size: number): LastBytes {
  let ring: Uint8Array | undefined;
  let count = 0;
  return {
    add(chunk) {
      ring ??= new Uint8Array(size);
      const piece = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
      count += chunk.length - piece.length;
      const start = count % size;
      const untilEnd = Math.min(piece.length, size - start);
      ring.set(untilEnd === piece.length ? piece : piece.subarray(0, untilEnd), start);
      if (untilEnd < piece.length) ring.set(piece.subarray(untilEnd), 0);
      count += piece.length;
    },
    read() {
      if (ring === undefined) return new Uint8Array();
      if (count <= size) return ring.slice(0, count);
      const start = count % size;
      const ordered = new Uint8Array(size);
      ordered.set(ring.subarray(start), 0);
      ordered.set(ring.subarray(0, start), size - start);
      return ordered;
    },
  };
}
