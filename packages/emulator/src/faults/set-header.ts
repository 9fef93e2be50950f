import type { Reply } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A header that is not as the API sends it. */
export const setHeader = defineFault({
  description: 'One header of the answer has another value; an empty value leaves it out.',
  defaults: { name: 'content-type', value: 'text/plain' },
  reply(reply, { name, value }): Reply {
    const { [name.toLowerCase()]: _, ...others } = reply.headers;
    return { ...reply, headers: value === '' ? others : { ...others, [name.toLowerCase()]: value } };
  },
});
