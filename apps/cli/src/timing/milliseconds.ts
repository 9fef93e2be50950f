/** A time for a person: whole milliseconds, or a tenth where there are few. */
export function milliseconds(ms: number): string {
  return `${Math.abs(ms) < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
