import { GoogleError, type GoogleStatus, httpStatusOf } from '../wire/google-error.ts';
import { interactionErrorBody } from '../wire/interaction-error.ts';
import type { JsonObject } from '../wire/json.ts';
import { type Reply, type WireStep, type WireSteps, writeText } from '../wire/reply.ts';
import { defineFault, type FaultContext, stopAfter, stopAfterBytes } from './fault.ts';

/** A stream that stops in the middle. */
export const cut = defineFault({
  description:
    "The stream stops after some events, or after exactly `afterBytes` bytes if that is not 0: the body ends cleanly ('end'), or the connection is closed ('close') or reset ('reset').",
  defaults: { how: 'reset', afterEvents: 3, insideEvent: false, afterBytes: 0 },
  reply(reply, { how, afterEvents, insideEvent, afterBytes }, context): Reply {
    const ending = function* (next?: Uint8Array): Generator<WireStep> {
      if (insideEvent && next !== undefined)
        yield { type: 'write', bytes: next.subarray(0, Math.ceil(next.length / 2)) };
      if (how === 'close' || how === 'reset') yield { type: how };
    };
    const body =
      afterBytes > 0
        ? stopAfterBytes(reply.body, afterBytes, ending)
        : stopAfter(reply.body, afterEvents, context, ending);
    return { ...reply, body };
  },
});

/** A stream whose last event lacks its blank line or the end of its data. */
export const unterminated = defineFault({
  description: 'The last event lacks its blank line, and the last `missingBytes` bytes of its data.',
  defaults: { missingBytes: 0 },
  reply: (reply, { missingBytes }): Reply => ({ ...reply, body: trimEnd(reply.body, missingBytes) }),
});

async function* trimEnd(body: WireSteps, missingBytes: number): AsyncGenerator<WireStep> {
  let held: Uint8Array | undefined;
  for await (const step of body) {
    if (held !== undefined) yield { type: 'write', bytes: held };
    held = step.type === 'write' ? step.bytes : undefined;
    if (step.type !== 'write') yield step;
  }
  if (held === undefined) return;
  let end = held.length;
  while (end > 0 && (held[end - 1] === 10 || held[end - 1] === 13)) end -= 1;
  yield { type: 'write', bytes: held.subarray(0, Math.max(0, end - missingBytes)) };
}

/** A complete answer whose body does not end. */
export const afterEnd = defineFault({
  description:
    "The answer is complete, but the body does not end: the connection stays open ('hang'), is reset ('reset') or is closed ('close').",
  defaults: { how: 'hang' },
  reply: (reply, { how }): Reply => ({ ...reply, body: append(reply.body, how) }),
});

async function* append(body: WireSteps, how: string): AsyncGenerator<WireStep> {
  yield* body;
  yield { type: how === 'reset' || how === 'close' ? how : 'hang' };
}

/** A body that ends when the connection closes. */
export const closeDelimited = defineFault({
  description: 'The body has neither a length nor chunked encoding: it ends when the connection closes.',
  defaults: {},
  reply: (reply): Reply => ({ ...reply, framing: 'close' }),
});

/** A wrong `Content-Length`. */
export const contentLength = defineFault({
  description:
    "`Content-Length` is wrong by this number of bytes: too small ('short'), or too large ('long'), so the connection closes early.",
  defaults: { how: 'short', bytes: 40 },
  reply: (reply, { how, bytes }): Reply => ({
    ...reply,
    headers: { ...reply.headers, connection: 'close' },
    body: declareLength(reply.body, how === 'long' ? bytes : -bytes),
  }),
});

async function* declareLength(body: Reply['body'], difference: number): AsyncGenerator<WireStep> {
  // Reading ahead takes no time, because a wait is only a step.
  const steps: WireStep[] = [];
  for await (const step of body) steps.push(step);
  const length = steps.reduce((sum, step) => sum + (step.type === 'write' ? step.bytes.byteLength : 0), 0);
  yield { type: 'headers', headers: { 'content-length': `${Math.max(0, length + difference)}` } };
  yield* steps;
  yield { type: 'close' };
}

/** Invalid chunked encoding. */
export const brokenChunk = defineFault({
  description: 'After some events, the size of an HTTP chunk is not a number.',
  defaults: { afterEvents: 2 },
  reply: (reply, { afterEvents }, context): Reply => ({
    ...reply,
    body: stopAfter(reply.body, afterEvents, context, function* (): Generator<WireStep> {
      const { bytes } = writeText('not-a-size\r\n') as Extract<WireStep, { type: 'write' }>;
      yield { type: 'socket-write', bytes };
      yield { type: 'close' };
    }),
  }),
});

/** One event with invalid JSON, between valid ones. */
export const badJson = defineFault({
  description: 'One event in the middle of the stream has invalid JSON.',
  defaults: { afterEvents: 2, data: '{"candidates": [{"content": {"parts": [{"text": "cut' },
  reply: (reply, { afterEvents, data }): Reply => ({ ...reply, body: insert(reply.body, afterEvents, data) }),
});

async function* insert(body: WireSteps, afterEvents: number, data: string): AsyncGenerator<WireStep> {
  let events = 0;
  for await (const step of body) {
    if (step.type === 'write' && events === afterEvents) yield writeText(`data: ${data}\r\n\r\n`);
    if (step.type === 'write') events += 1;
    yield step;
  }
}

/** An error in the body of a 200 response. */
export const errorEvent = defineFault({
  description:
    "An error follows some events and ends the body. It is an event ('event') or bare JSON on several lines ('raw').",
  defaults: {
    afterEvents: 3,
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
    withCode: true,
    form: 'event',
  },
  reply: (reply, { afterEvents, status, message, withCode, form }, context): Reply => {
    const code = withCode && Object.hasOwn(httpStatusOf, status) ? { code: httpStatusOf[status as GoogleStatus] } : {};
    const known = Object.hasOwn(httpStatusOf, status) ? (status as GoogleStatus) : 'UNKNOWN';
    const error: JsonObject =
      context.api === 'interactions'
        ? interactionErrorBody(new GoogleError(known, message))
        : { error: { ...code, message, status } };
    const text = form === 'raw' ? `${JSON.stringify(error, undefined, 2)}\n` : errorText(error, context.api);
    return {
      ...reply,
      body: stopAfter(reply.body, afterEvents, context, function* (): Generator<WireStep> {
        yield writeText(text);
      }),
    };
  },
});

function errorText(error: JsonObject, api: FaultContext['api']): string {
  if (api === 'generate-content') return `data: ${JSON.stringify(error)}\r\n\r\n`;
  return `event: error\ndata: ${JSON.stringify({ ...error, event_type: 'error' })}\n\n`;
}
