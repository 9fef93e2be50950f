import type { Gemini, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { HttpStreamError, openEventStream } from '@gemini/http-streaming';
import type { GapEvent, OnSlow, SubscriptionEnd } from '@gemini/stream-manager';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Visit, VisitContext } from './visit.ts';

/** Follows a stream from its start, at its own pace, until it leaves. Resolves with the outcome it got. */
async function follow(context: VisitContext, id: string, isHasty = false): Promise<StreamOutcome | undefined> {
  const { gemini, random, complain } = context;
  const check = context.check();
  const onSlow = isHasty ? 'buffer' : random.pick<OnSlow>(['buffer', 'pause', 'drop', 'disconnect']);
  const slowMs = !isHasty && random.chance(0.4) ? random.between(1, 30) : 0;
  let left = !isHasty && random.chance(0.3) ? random.between(1, 20) : Infinity;
  let outcome: StreamOutcome | undefined;
  // A promise slows the subscriber down; the type of a listener has no room for one.
  const listener = (event: GeminiStreamEvent | GapEvent): unknown => {
    check.event(event);
    if (event.type === 'end') outcome = event.outcome;
    left -= 1;
    if (left === 0) subscription?.unsubscribe();
    return slowMs > 0 && event.type !== 'end' ? sleep(slowMs) : undefined;
  };
  const subscription = subscribe(gemini, id, listener, onSlow);
  if (subscription === undefined) {
    if (!context.isClosing()) complain(`the stream is not found by its id`);
    return undefined;
  }
  if (left <= 0) subscription.unsubscribe();
  const end = await subscription.ended;
  const isTold = endsToTell(end);
  if (isTold !== (outcome !== undefined)) complain(`a subscription ended as ${end.status}, end told: ${!isTold}`);
  if (end.status === 'detached' && (isHasty || slowMs === 0)) complain(`detached for ${String(end.error)}`);
  return outcome;
}

const endsToTell = ({ status }: SubscriptionEnd<StreamOutcome>): boolean =>
  status !== 'detached' && status !== 'unsubscribed';

function subscribe(
  gemini: Gemini,
  id: string,
  listener: (event: GeminiStreamEvent | GapEvent) => void,
  onSlow: OnSlow,
): ReturnType<Gemini['subscribeStream']> | undefined {
  return gemini.streams.get(id) && gemini.subscribeStream(id, listener, { onSlow });
}

/** Several follow one stream, some from later on; sometimes one of them stops it for all. */
const share: Visit = async (context) => {
  const { gemini, random, prompt, complain } = context;
  const id = gemini.startStream(prompt, { lingerMs: 10_000 });
  const first = follow(context, id, true);
  const others = Array.from({ length: random.between(1, 5) }, async (_, index) => {
    // Each at its own time, and late ones replay.
    if (index > 0) await sleep(random.between(0, 800));
    return follow(context, id);
  });
  const stops = random.chance(0.2) ? sleep(random.between(50, 800)).then(() => gemini.stopStream(id)) : undefined;
  const outcomes = await Promise.all([first, ...others]);
  await stops;
  const statuses = new Set(outcomes.flatMap((outcome) => outcome?.status ?? []));
  if (statuses.size > 1) complain(`it ended as ${[...statuses].join(' and ')}`);
  return outcomes[0];
};

/** All readers leave, which stops the stream; later readers get that end. */
const abandon: Visit = async (context) => {
  const { gemini, random, prompt } = context;
  const id = gemini.startStream(prompt, { lingerMs: random.between(0, 100) });
  const ended = gemini.streams.get(id)?.ended;
  const subscription = gemini.subscribeStream(id, () => undefined);
  await sleep(random.between(0, 300));
  subscription.unsubscribe();
  const end = await ended;
  return (await follow(context, id, true)) ?? end?.result;
};

/** Reads a stream that is served again, over connections that are lost, each from where the last one ended. */
const rejoin: Visit = async (context) => {
  const { gemini, random, prompt, complain } = context;
  const id = gemini.startStream(prompt, { lingerMs: 10_000 });
  const whole = follow(context, id, true);
  const check = context.check();
  let lastEventId: string | undefined;
  let isOver = false;
  while (!isOver) {
    try {
      let left = random.between(1, 15);
      const frames = await openEventStream({ url: `${context.servedUrl}/${id}`, lastEventId }, { retry: false });
      for await (const frame of frames) {
        if (frame.event === 'end') isOver = true;
        else check.event(JSON.parse(frame.data) as GeminiStreamEvent);
        lastEventId = frame.id ?? lastEventId;
        left -= 1;
        if (left === 0) break;
      }
    } catch (error) {
      if (!context.isClosing())
        complain(`served again: ${error instanceof HttpStreamError ? error.code : String(error)}`);
      isOver = true;
    }
  }
  return whole;
};

/** Ways of following a stream with others. */
export const visitsTogether = {
  share,
  'abandon it': abandon,
  'rejoin over HTTP': rejoin,
} as const satisfies Readonly<Record<string, Visit>>;
