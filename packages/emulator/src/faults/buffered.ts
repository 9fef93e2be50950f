import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A proxy that collects the whole body and forwards it at the end, with its length. */
export const buffered = defineFault({
  description: 'The whole body is held back and arrives in one piece at the end.',
  defaults: { contentLength: true },
  reply: (reply, { contentLength }): Reply => ({ ...reply, body: collect(reply.body, contentLength) }),
});

async function* collect(body: WireSteps, contentLength: boolean): AsyncGenerator<WireStep> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const step of body) {
    if (step.type === 'write') {
      chunks.push(step.bytes);
      bytes += step.bytes.byteLength;
    } else if (step.type !== 'head') {
      yield step;
    }
  }
  if (contentLength) yield { type: 'headers', headers: { 'content-length': `${bytes}` } };
  if (bytes > 0) yield { type: 'write', bytes: Buffer.concat(chunks) };
}
