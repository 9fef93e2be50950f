import { type Reply, type WireStep, writeText } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

const blockBytes = 64 * 1024;
const eventBytes = 1024;

/** More than anybody can hold. */
export const flood = defineFault({
  description:
    "After some events comes one data line without an end ('line'), or comments ('comments') or whole events of 1 KiB ('events') without an end, as fast as they are read. 0 megabytes: for ever.",
  defaults: { afterEvents: 1, what: 'line', megabytes: 96 },
  reply: (reply, { afterEvents, what, megabytes }): Reply => {
    const { 'content-length': _, ...headers } = reply.headers;
    return {
      ...reply,
      headers,
      body: stopAfter(reply.body, afterEvents, function* (): Generator<WireStep> {
        const block = writeText(blockOf(what));
        if (what === 'line') yield writeText('data: {"text":"');
        const blocks = megabytes === 0 ? Infinity : (megabytes * 1024 * 1024) / blockBytes;
        for (let sent = 0; sent < blocks; sent += 1) yield block;
      }),
    };
  },
});

function blockOf(what: string): string {
  if (what === 'comments') return ': still here\r\n\r\n'.repeat(blockBytes / 16);
  if (what === 'events') return eventOf(eventBytes).repeat(blockBytes / eventBytes);
  return 'x'.repeat(blockBytes);
}

/** A chunk of an answer, wire bytes included in its size. */
function eventOf(bytes: number): string {
  const head = 'data: {"candidates":[{"content":{"parts":[{"text":"';
  const tail = '"}],"role":"model"},"index":0}]}\r\n\r\n';
  return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
}
