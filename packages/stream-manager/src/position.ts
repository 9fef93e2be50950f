import type { EventLog } from './stream/event-log.ts';

/**
 * Where an event stands in its stream: `<epoch>-<index>`. Opaque to callers, and what an SSE `id:` carries. The epoch
 * tells two runs under the same stream id apart; the index counts from 0. The position one past the last event is the
 * end's.
 */
export type StreamPosition = string;

const pattern = /^(\d{1,16})-(\d{1,16})$/;

/** The position of the event at `index`, written as it goes over the wire. */
export const formatPosition = (epoch: number, index: number): StreamPosition => positionStart(epoch) + String(index);

/** What all positions of an epoch begin with. Writing it anew with every event would cost as much as handing it over. */
export const positionStart = (epoch: number): string => `${epoch}-`;

/** The index a position names in the given epoch; undefined for another epoch's position, or for what is none. */
export function indexInEpoch(position: StreamPosition, epoch: number): number | undefined {
  const match = pattern.exec(position);
  return match !== null && Number(match[1]) === epoch ? Number(match[2]) : undefined;
}

/** The position of the oldest event that a log still holds; undefined when it holds none. */
export const oldestPosition = ({ epoch, oldest, next }: Pick<EventLog<unknown>, 'epoch' | 'oldest' | 'next'>) =>
  oldest < next ? formatPosition(epoch, oldest) : undefined;
