import { counted } from '../timing/counted.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { axisLabel } from '../timing/time-axis.ts';

const tellingHeaders = ['content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'server'] as const;

/** The figures and headers that a verdict rests on, one a line. Empty where no response came. */
export function evidenceOf({ verdict, response, events, endedMs, end }: MeasuredExchange): string[] {
  if (response === undefined) return [];
  const { headers, status, bodyEnd } = response;
  const told = tellingHeaders.flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]));
  if (verdict.cause === 'proxy-buffer') told.push('it comes in whole pages of 4 KiB');
  if (bodyEnd === 'close') told.push('the body ends with its connection');
  if (events.length === 0) return [`status ${status}`, ...told];
  if (end.status === 'failed') told.push(`then it failed: ${end.error?.message ?? ''}`);
  const deliveries = counted(verdict.deliveries, 'delivery', 'deliveries');
  return [
    `${counted(verdict.events, 'event')} in ${deliveries} over ${axisLabel(endedMs)}`,
    `${percent(verdict.largestShare)} of the events at most at once`,
    `${percent(verdict.openShare)} of the waiting with half an event in hand`,
    `status ${status}`,
    ...told,
  ];
}

/** A share, 0 to 1, for a person. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
