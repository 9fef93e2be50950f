import type { Reply } from '../wire/reply.ts';
import { defineFault, type FaultContext } from './define-fault.ts';

/** A redirect that would take key and prompt elsewhere. */
export const redirect = defineFault({
  description:
    "The answer is a redirect: to another origin ('other-origin', which is this emulator under its other name), within this one ('same-origin'), or to itself ('loop').",
  replacesAnswer: true,
  defaults: { status: 308, to: 'other-origin' },
  reply: (_reply, { status, to }, context): Reply => ({
    status,
    headers: { location: locationOf(to, context), 'content-length': '0' },
    body: [],
  }),
});

function locationOf(to: string, { target, origin, plainOrigin }: FaultContext): string {
  if (to === 'loop') return `${origin}${target}`;
  // What follows the redirect arrives under this prefix, where a test can look for it.
  const arrived = `/__redirected${target.replace(/\/__scenario\/[^/]+/u, '')}`;
  if (to === 'same-origin') return `${origin}${arrived}`;
  if (to === 'plain-http') return `${plainOrigin}${arrived}`;
  const other = origin.includes('127.0.0.1')
    ? origin.replace('127.0.0.1', 'localhost')
    : origin.replace(/\/\/[^:/]+/u, '//127.0.0.1');
  return `${other}${arrived}`;
}
