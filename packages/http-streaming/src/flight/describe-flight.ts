import type { FlightEntry, FlightRecording } from './flight-recorder.ts';

const maxLines = 24;

/** A recording as lines for people: the last 24 entries, as in `+812.4 ms #1 read 645 bytes at 2580, 1 event`. */
export function describeFlight({ entries, omittedReads }: FlightRecording): string[] {
  const shown = entries.slice(-maxLines).map(describeEntry);
  const omitted = entries.length - shown.length + omittedReads;
  return omitted === 0 ? shown : [`(${omitted} earlier entries)`, ...shown];
}

function describeEntry(entry: FlightEntry): string {
  const start = `+${entry.atMs.toFixed(1)} ms #${entry.attempt} ${entry.kind}`;
  if (entry.kind === 'read') {
    const events = entry.events === 1 ? '1 event' : `${entry.events ?? 0} events`;
    return `${start} ${entry.bytes ?? 0} bytes at ${entry.offset ?? 0}, ${events}${entry.open ? ', open' : ''}`;
  }
  const facts = [
    entry.status,
    entry.code,
    entry.delayMs === undefined ? undefined : `in ${Math.round(entry.delayMs)} ms`,
  ];
  return [start, ...facts.filter((fact) => fact !== undefined)].join(' ');
}
