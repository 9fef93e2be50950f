import type { MeasuredResponse } from '../timing/measure-event-stream.ts';
import type { Finding } from './finding.ts';

/** Headers by which servers, gateways and caches name themselves. */
const tellingHeaders = [
  'server',
  'via',
  'x-powered-by',
  'x-cache',
  'x-served-by',
  'cf-ray',
  'x-amz-cf-id',
  'x-amzn-requestid',
  'x-vercel-id',
  'fly-request-id',
  'x-envoy-upstream-service-time',
  'x-accel-buffering',
  'cache-control',
] as const;

/** Who says to have handled an answer. Pure. */
export function onTheWay({ headers }: MeasuredResponse): Finding {
  const told = tellingHeaders.flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]));
  const finding = told.length === 0 ? 'no server or gateway names itself in the headers' : told.join(' · ');
  return { name: 'on-the-way', label: 'On the way', tone: 'unknown', finding };
}
