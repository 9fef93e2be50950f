import type { Reply } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A body whose end is the end of the connection. */
export const closeDelimited = defineFault({
  description: 'The body has neither a length nor chunks: it ends where the connection does.',
  defaults: {},
  reply: (reply): Reply => ({ ...reply, framing: 'close' }),
});
