import type { GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { toSseResponse } from '@gemini/client/sse';
import { parseSse } from '@gemini/sse-parser';
import type { GapEvent, SubscribeOptions, SubscriptionEnd } from '@gemini/stream-manager';
import { time } from './install.ts';
import type { VisitPlan } from './plan.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { ReaderCheck, StreamCheck } from './stream-check.ts';

/** A visit of a reader that is under way. */
export interface Visit {
  readonly reader: ReaderCheck;
  readonly node: SimulatedNode;
  readonly plan: VisitPlan;
  /** Whether the reader has left, or has got its end, or was refused. */
  isOver: boolean;
  /** Ends the visit early. */
  leave: () => void;
  /** Notes the reader's position, which a listener does not get with each event. */
  notePosition: () => void;
}

type Seen = GeminiStreamEvent | GapEvent;

/** Begins a visit: the reader comes to a process and asks for the stream by its id. */
export function beginVisit(
  id: string,
  stream: StreamCheck,
  reader: ReaderCheck,
  node: SimulatedNode,
  plan: VisitPlan,
): Visit {
  const visit: Visit = { reader, node, plan, isOver: false, leave: () => {}, notePosition: () => {} };
  const { record } = stream;
  record.counts.visits += 1;
  const { position } = reader;
  reader.begin(plan.from);
  const from = plan.from === 'position' ? (reader.position ?? 'start') : plan.from;
  const options: SubscribeOptions = {
    from,
    onSlow: plan.onSlow,
    onHistoryLost: plan.onSlow === 'drop' ? 'gap' : 'fail',
  };
  record.trace(
    `${stream.name} ${reader.name} comes to ${node.owner.name} as ${plan.how} from ${from === position ? 'its position' : from}`,
  );
  const run = { callback, iterator, listener, served }[plan.how];
  void node.run(async () => {
    try {
      await run(id, visit, options);
    } catch (error) {
      const { code } = error as { code?: unknown };
      record.trace(`${stream.name} ${reader.name} is refused: ${String(code)}`);
      if (!isExpected(code)) stream.violate('errors have a code', `${reader.name}: ${String(error)}`);
    }
    visit.isOver = true;
  });
  return visit;
}

const expectedCodes = new Set([
  'stream-not-found',
  'log-unavailable',
  'manager-closed',
  'history-lost',
  'slow-subscriber',
]);

function isExpected(code: unknown): boolean {
  return typeof code === 'string' && expectedCodes.has(code);
}

/** Returns what a reader does with an item: it may take its time, and leave after some. */
function pace({ plan }: Visit, leave: () => void): (event: Seen) => Promise<void> | undefined {
  let left = plan.leaveAfter;
  return (event) => {
    left -= 1;
    if (left === 0) leave();
    return plan.lagMs > 0 && event.type !== 'end' ? time.wait(plan.lagMs) : undefined;
  };
}

/** Notes how a subscription ended, beside the end that the subscriber was given. */
function checkEnd({ reader, node }: Visit, end: SubscriptionEnd<StreamOutcome>, hasEnd: boolean): void {
  const isEnd = end.status !== 'detached' && end.status !== 'unsubscribed';
  if (isEnd !== hasEnd)
    reader.stream.violate('exactly one end', `${reader.name}: ${end.status}, and ${hasEnd ? 'an' : 'no'} end`);
  if (end.status !== 'detached') return;
  const { code } = end.error as { code?: unknown };
  reader.stream.record.trace(`${reader.stream.name} ${reader.name} is detached: ${String(code)}`);
  if (!isExpected(code)) reader.stream.violate('errors have a code', `${reader.name} detached: ${String(end.error)}`);
  if (code === 'manager-closed' && !node.isClosing)
    reader.stream.violate('detached for a reason', 'the manager is not closed');
}

async function callback(id: string, visit: Visit, options: SubscribeOptions): Promise<void> {
  const { reader, node } = visit;
  const stream = await node.gemini.streams.attach(id);
  if (visit.isOver) return;
  let hasEnd = false;
  const leave = (): void => subscription.unsubscribe();
  const step = pace(visit, leave);
  const subscription = stream.subscribe(
    {
      item(event: Seen, position) {
        reader.item(event, position);
        return step(event);
      },
      end(end) {
        if (end.status === 'detached') return;
        hasEnd = true;
        reader.end(describeEnd(end), end.result);
      },
    },
    options,
  );
  visit.leave = leave;
  checkEnd(visit, await subscription.ended, hasEnd);
}

async function iterator(id: string, visit: Visit, options: SubscribeOptions): Promise<void> {
  const { reader, node } = visit;
  const stream = await node.gemini.streams.attach(id);
  if (visit.isOver) return;
  const items = stream.iterate(options);
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
    void items.return();
  };
  visit.leave = leave;
  const step = pace(visit, leave);
  try {
    for await (const event of items) {
      const { position } = items;
      if (position === undefined) reader.stream.violate('positions are dense', 'an event without a position');
      else reader.item(event, position);
      await step(event);
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'slow-subscriber' || code === 'history-lost' || code === 'manager-closed') throw error;
  }
  if (hasLeft) return;
  const end = await stream.ended;
  reader.end(describeEnd(end), end.result);
}

async function listener(id: string, visit: Visit, options: SubscribeOptions): Promise<void> {
  const { reader, node } = visit;
  await node.gemini.streams.attach(id);
  if (visit.isOver) return;
  let hasEnd = false;
  const leave = (): void => subscription.unsubscribe();
  const step = pace(visit, leave);
  // A promise slows the listener down; the type of a listener has no room for one.
  const onEvent = (event: Seen): unknown => {
    if (event.type !== 'end') {
      reader.some(event);
      return step(event);
    }
    hasEnd = true;
    reader.end(describeOutcome(event.outcome), event.outcome);
    return undefined;
  };
  const subscription = node.gemini.subscribeStream(id, onEvent, options);
  visit.leave = leave;
  visit.notePosition = () => {
    reader.position = subscription.position ?? reader.position;
  };
  const end = await subscription.ended;
  visit.notePosition();
  checkEnd(visit, end, hasEnd);
}

async function served(id: string, visit: Visit, options: SubscribeOptions): Promise<void> {
  const { reader, node, plan } = visit;
  const lastEventId = plan.from === 'position' ? reader.position : undefined;
  if (plan.from === 'now') reader.begin('start');
  const { onSlow, onHistoryLost } = options;
  const response = await toSseResponse(node.gemini, id, { lastEventId, onSlow, onHistoryLost, keepAliveMs: 60_000 });
  if (visit.isOver) return response.body?.cancel();
  if (response.status !== 200 || response.body === null) {
    reader.stream.record.trace(`${reader.stream.name} ${reader.name} is answered ${response.status}`);
    const isKnown = [204, 404, 410, 503].includes(response.status);
    if (!isKnown) reader.stream.violate('errors have a code', `served ${response.status}`);
    return;
  }
  let hasLeft = false;
  const frames = parseSse(response.body)[Symbol.asyncIterator]();
  const leave = (): void => {
    hasLeft = true;
    void frames.return?.();
  };
  visit.leave = leave;
  const step = pace(visit, leave);
  for (;;) {
    const next = await frames.next().catch((error: unknown) => {
      const { code } = error as { code?: unknown };
      if (!isExpected(code) && !hasLeft) throw error;
      return { done: true as const, value: undefined };
    });
    if (next.done === true || hasLeft) return;
    const { data, event, id: position } = next.value;
    if (event === 'end') {
      const { status, error } = JSON.parse(data) as { status: string; error?: { code: string } };
      reader.position = position ?? reader.position;
      reader.end(error === undefined ? status : `${status} (${error.code})`, undefined);
      return;
    }
    const item = JSON.parse(data) as Seen | { type: 'discard' };
    const seen: Seen =
      item.type === 'discard' ? { type: 'retry', attempt: 0, delayMs: 0, code: 'truncated', discardFrom: 0 } : item;
    reader.some(event === 'gap' ? { type: 'gap', from: '', to: '' } : seen, position);
    await step(seen);
  }
}

export function describeOutcome({ status, error }: StreamOutcome): string {
  return error === undefined ? status : `${status} (${error.code})`;
}

/** The end of a stream of the manager, in the words of the outcome. */
export function describeEnd({
  status,
  result,
  error,
}: {
  status: string;
  result?: StreamOutcome | undefined;
  error?: unknown;
}): string {
  if (result !== undefined) return describeOutcome(result);
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return `${status} (${code})`;
  return status === 'stopped' ? 'stopped (stopped)' : status;
}
