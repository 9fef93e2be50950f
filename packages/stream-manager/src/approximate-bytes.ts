const OVERHEAD_BYTES = 16;
const MOST_VALUES = 10_000;

/**
 * What an event takes in memory, roughly, in bytes: the manager's default `sizeOf`. Strings count two bytes a
 * character, buffers their length. Looks at the first 10,000 values of an event, which also ends a cycle.
 */
export function approximateBytes(event: unknown): number {
  if (typeof event === 'string') return OVERHEAD_BYTES + event.length * 2;
  if (typeof event !== 'object' || event === null) return OVERHEAD_BYTES;
  let bytes = 0;
  const open: unknown[] = [event];
  for (let seen = 0; open.length > 0 && seen < MOST_VALUES; seen++) {
    const value = open.pop();
    bytes += OVERHEAD_BYTES;
    if (typeof value === 'string') bytes += value.length * 2;
    else if (typeof value !== 'object' || value === null) continue;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) bytes += value.byteLength;
    else for (const part of Array.isArray(value) ? value : Object.values(value)) open.push(part);
  }
  return bytes;
}
