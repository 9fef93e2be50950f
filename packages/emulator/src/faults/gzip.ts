import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** A compressor between model and client; without a flush it holds back what does not fill its window. */
export const gzip = defineFault({
  description: 'The body is compressed; without a flush after each event, most of it arrives at the end.',
  defaults: { flush: false },
  reply: (reply, { flush }): Reply => ({
    ...reply,
    headers: { ...reply.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
    body: compress(reply.body, flush),
  }),
});

async function* compress(body: WireSteps, flush: boolean): AsyncGenerator<WireStep> {
  const compressor = createGzip();
  const ready: Buffer[] = [];
  compressor.on('data', (bytes: Buffer) => ready.push(bytes));
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    await feed(compressor, step.bytes);
    if (flush) await flushed(compressor);
    yield* drain(ready);
  }
  await new Promise<void>((resolve) => {
    compressor.once('end', resolve);
    compressor.end();
  });
  yield* drain(ready);
}

function* drain(ready: Buffer[]): Generator<WireStep> {
  for (const bytes of ready.splice(0)) yield { type: 'write', bytes };
}

function feed(compressor: Gzip, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    compressor.write(bytes, () => resolve());
  });
}

function flushed(compressor: Gzip): Promise<void> {
  return new Promise((resolve) => {
    compressor.flush(constants.Z_SYNC_FLUSH, () => resolve());
  });
}
