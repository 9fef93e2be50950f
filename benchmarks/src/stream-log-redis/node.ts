import { connectContestant, type ContestantName } from './contestants.ts';

/** A process of the benchmark, over its parent's channel: it runs all streams, or follows all of them. */
export interface NodeLoad {
  readonly name: ContestantName;
  readonly role: 'run' | 'follow';
  readonly port: number;
  readonly streams: number;
  /** The readers of each stream on the node that follows; the node that runs it has one. */
  readonly readers: number;
  readonly perSecond: number;
}

/** The cost of a node between `begin` and `end`. */
export interface NodeCost {
  readonly cpuUs: number;
  readonly deliveries: number;
  /** From the push on the other node to the event in a reader's hand; NaN for the node that runs the streams. */
  readonly p50Us: number;
}

const { name, role, port, streams, readers, perSecond } = JSON.parse(process.argv[2] ?? '') as NodeLoad;
const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1_000;
const padding = '.'.repeat(280);

let latencies: number[] = [];
let isMeasuring = false;
const controllers: ReadableStreamDefaultController<string>[] = [];

function onText(text: string): void {
  if (isMeasuring) latencies.push(nowUs() - Number(text.slice(0, 18)));
}

const contestant = await connectContestant(name, port);
for (let index = 0; index < streams; index += 1) {
  const id = `bench-${index}`;
  if (role === 'run') {
    const source = new ReadableStream<string>({ start: (controller) => void controllers.push(controller) });
    await contestant.run(id, source, onText);
  } else {
    for (let reader = 0; reader < readers; reader += 1) await contestant.follow(id, onText);
  }
}

/** Pushes the events of all streams, spread evenly over time. */
function pushForEver(): void {
  let pushed = 0;
  const start = performance.now();
  setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1_000) * streams * perSecond);
    // A process that was held up makes it up within a second.
    const most = pushed + streams;
    for (; pushed < Math.min(due, most); pushed += 1) {
      controllers[pushed % streams]?.enqueue(`${nowUs().toFixed(0)} `.padEnd(20) + padding);
    }
  }, 1);
}

let cpu = process.cpuUsage();
process.on('message', (message) => {
  if (message === 'push') pushForEver();
  if (message === 'begin') {
    isMeasuring = true;
    latencies = [];
    cpu = process.cpuUsage();
  }
  if (message === 'end') {
    const { user, system } = process.cpuUsage(cpu);
    const p50Us = latencies.toSorted((left, right) => left - right)[Math.floor(latencies.length / 2)] ?? Number.NaN;
    process.send?.({ cpuUs: user + system, deliveries: latencies.length, p50Us } satisfies NodeCost);
  }
});
process.send?.('ready');
