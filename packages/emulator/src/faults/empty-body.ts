import type { Reply } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** Success, and nothing in it. */
export const emptyBody = defineFault({
  description: 'The answer has a status and headers but no body.',
  defaults: { status: 200 },
  reply: (reply, { status }): Reply => ({ status, headers: status === 204 ? {} : reply.headers, body: [] }),
});
