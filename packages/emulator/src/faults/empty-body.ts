import type { Reply } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** Success, and nothing in it. */
export const emptyBody = defineFault({
  description: 'The answer has a status and headers but no body.',
  replacesAnswer: true,
  defaults: { status: 200 },
  reply: (_reply, { status }): Reply => ({
    status,
    headers: status === 204 ? {} : { 'content-type': 'text/event-stream' },
    body: [],
  }),
});
