import type { StreamIterator } from './subscription.ts';

/** An iterator as a web stream that asks for an event only when its reader does. Cancelling it leaves. */
export function toReadableStream<Item>(iterator: StreamIterator<Item>): ReadableStream<Item> {
  return new ReadableStream<Item>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return();
      },
    },
    { highWaterMark: 0 },
  );
}
