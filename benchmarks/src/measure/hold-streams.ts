import type { HoldLoad, StreamsHeld } from './measure-held.ts';

/** Reads the stream at a URL to its end, with a call for each event. */
type Read = (url: string, onEvent: () => void) => Promise<void>;

/** Opens as many streams as the argument of this process names, step by step, and prints the memory after each step. */
export async function holdStreams(contestants: Readonly<Record<string, Read>>): Promise<never> {
  const { name, origin, steps, perSecond, eventsEach } = JSON.parse(process.argv[2] ?? '') as HoldLoad;
  const read = contestants[name];
  if (read === undefined) throw new Error(`expected one of ${Object.keys(contestants).join(', ')}, got ${name}`);

  const held = (streams: number): StreamsHeld => {
    for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { streams, residentBytes: rss, liveBytes: heapUsed + external };
  };

  // What the first requests load and compile is no cost of the others. One stays, or its code goes with the collection.
  for (let count = 0; count < 50; count += 1) await read(`${origin}/100/0`, () => {});
  void read(`${origin}/100000/1`, () => {});
  await read(`${origin}/2/0`, () => {});

  const all = [held(0)];
  let open = 0;
  for (const streams of steps) {
    const begun: Promise<void>[] = [];
    for (; open < streams; open += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let came = 0;
      void read(`${origin}/100000/${perSecond}/1/0/${eventsEach}`, () => {
        came += 1;
        if (came === eventsEach) resolve();
      });
      begun.push(promise);
    }
    await Promise.all(begun);
    all.push(held(streams));
  }
  console.log(JSON.stringify(all));
  process.exit();
}
