import type { JsonObject } from '../wire/json.ts';
import { type GoogleStatus, httpStatusOf } from '../wire/google-error.ts';
import { type Reply, type WireStep, writeText } from '../wire/reply.ts';
import { afterEvents as stopAfter } from './after-events.ts';
import { defineFault } from './define-fault.ts';

/** An error that comes when the status line has long said 200. */
export const errorEvent = defineFault({
  description:
    "After some events comes an error, and the body ends: as an event ('event') or as bare JSON over several lines ('raw').",
  defaults: {
    afterEvents: 3,
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
    withCode: true,
    form: 'event',
  },
  reply: (reply, { afterEvents, status, message, withCode, form }): Reply => {
    const code = withCode && Object.hasOwn(httpStatusOf, status) ? { code: httpStatusOf[status as GoogleStatus] } : {};
    const error: JsonObject = { error: { ...code, message, status } };
    const text = form === 'raw' ? `${JSON.stringify(error, undefined, 2)}\n` : `data: ${JSON.stringify(error)}\r\n\r\n`;
    return {
      ...reply,
      body: stopAfter(reply.body, afterEvents, function* (): Generator<WireStep> {
        yield writeText(text);
      }),
    };
  },
});
