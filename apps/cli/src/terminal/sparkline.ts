const levels = '▁▂▃▄▅▆▇█';

/** Values as a row of bars, the largest a full one. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  const levelOf = (value: number): number =>
    largest <= 0 ? 0 : Math.min(levels.length - 1, Math.floor((value / largest) * levels.length));
  return values.map((value) => levels[levelOf(value)] ?? '').join('');
}
