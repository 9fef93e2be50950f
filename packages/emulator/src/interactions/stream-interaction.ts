import { gapMs, type Pace } from '../answers/pace.ts';
import { isJsonObject, type JsonObject } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import type { StepEvent } from './step-events.ts';
import { addUsage, noUsage, usageFields } from './usage.ts';

/** The answer of an interaction, before it is paced. */
export interface InteractionAnswer {
  readonly events: readonly StepEvent[];
  /** The status of the last event; `undefined` if the stream ends without that event. */
  readonly status: string | undefined;
  /** More fields of the last event. */
  readonly closing?: JsonObject | undefined;
  /** The number of deltas after which the answer is handed over with a token. @defaultValue never */
  readonly handoverEvery?: number | undefined;
  /** The number of deltas after which an update has a token. @defaultValue never */
  readonly checkpointEvery?: number | undefined;
}

/** The facts that the events of one stream share. */
export interface InteractionContext {
  /** Empty for an interaction that is not stored. */
  readonly id: string;
  /** `{ model }` or `{ agent }`. */
  readonly maker: JsonObject;
  readonly inputTokens: number;
  readonly serviceTier: string;
  readonly pace: Pace;
  readonly random: Random;
  readonly created: string;
  /** The place of the first event to send: more than 0 for a hop. */
  readonly from: number;
  /** Returns a token that continues the answer at this event. */
  continuationToken(from: number): string;
}

/** An event with the wait before it. */
export interface TimedEvent {
  readonly waitMs: number;
  readonly chunk: JsonObject;
}

/** Yields the events of one stream: those of the interaction around those of its steps. */
export function* streamInteraction(answer: InteractionAnswer, context: InteractionContext): Generator<TimedEvent> {
  const { id, maker, pace, random, created, from } = context;
  const interaction = { id, status: 'in_progress', object: 'interaction', ...maker };
  yield now({ interaction, event_type: 'interaction.created' });
  yield now({ interaction_id: id, status: 'in_progress', event_type: 'interaction.status_update' });
  const { handoverEvery = Infinity, checkpointEvery = Infinity } = answer;
  const lastDelta = answer.events.findLastIndex((each) => isDelta(each.event));
  let usage = noUsage(context.inputTokens);
  let deltas = 0;
  let isFirst = true;
  let isInCall = false;
  let token: string | undefined;
  for (const { place, event, tokens, kind, slowness } of hopEvents(answer.events, from)) {
    usage = addUsage(usage, kind, tokens);
    const gap = gapMs(pace, tokens * (slowness ?? 1), random);
    yield { waitMs: isFirst ? pace.timeToFirstTokenMs : gap, chunk: withUsage(event, usage) };
    isFirst = false;
    if (event['event_type'] === 'step.start') isInCall = isCall(event);
    if (hasContent(event)) deltas += 1;
    // A call is continued from its end only: half of its arguments would be lost.
    if (isInCall ? event['event_type'] !== 'step.stop' : !hasContent(event)) continue;
    isInCall = false;
    if (place >= lastDelta) continue;
    if (deltas >= handoverEvery) {
      token = context.continuationToken(place + 1);
      if (isDelta(event)) yield now(withUsage({ index: event['index'], event_type: 'step.stop' }, usage));
      break;
    }
    if (deltas % checkpointEvery === 0) {
      const update = {
        interaction_id: id,
        status: 'in_progress',
        continuation_token: context.continuationToken(place + 1),
      };
      yield now({ ...update, event_type: 'interaction.status_update' });
    }
  }
  const status = token === undefined ? answer.status : 'requires_continuation';
  if (status === undefined) return;
  const times = { created, updated: created, service_tier: context.serviceTier };
  const ended = { ...interaction, status, usage: usageFields(usage), ...times, ...answer.closing };
  const completed = token === undefined ? ended : { ...ended, continuation_token: token };
  yield now({ interaction: completed, event_type: 'interaction.completed' });
}

function now(chunk: JsonObject): TimedEvent {
  return { waitMs: 0, chunk };
}

function withUsage(event: JsonObject, usage: ReturnType<typeof noUsage>): JsonObject {
  if (event['event_type'] !== 'step.stop' || 'usage' in event) return event;
  const { event_type: type, ...fields } = event;
  return { ...fields, usage: usageFields(usage), event_type: type };
}

interface HopEvent extends StepEvent {
  /** The place in the whole answer. */
  readonly place: number;
}

/**
 * Yields the events from a place on. A step that is open there begins again, without what it has told; steps are numbered
 * from 0.
 */
function* hopEvents(events: readonly StepEvent[], from: number): Generator<HopEvent> {
  const open = from === 0 ? undefined : openStart(events, from);
  const first = open?.event['index'] ?? events[from]?.event['index'] ?? 0;
  const renumbered = ({ event, ...more }: StepEvent, place: number): HopEvent => ({
    ...more,
    place,
    event: 'index' in event ? { ...event, index: Number(event['index']) - Number(first) } : event,
  });
  if (open !== undefined) yield renumbered(withoutContent(open), from - 1);
  for (let place = from; place < events.length; place += 1) {
    const event = events[place];
    if (event !== undefined) yield renumbered(event, place);
  }
}

/** Returns the `step.start` of the step that is open before a place. */
function openStart(events: readonly StepEvent[], place: number): StepEvent | undefined {
  for (let index = place - 1; index >= 0; index -= 1) {
    const each = events[index];
    if (each !== undefined && !isDelta(each.event)) return each.event['event_type'] === 'step.start' ? each : undefined;
  }
  return undefined;
}

function isDelta(event: JsonObject): boolean {
  return event['event_type'] === 'step.delta';
}

/** Whether an event is a delta with more than a signature. */
function hasContent(event: JsonObject): boolean {
  const { delta } = event;
  return isDelta(event) && isJsonObject(delta) && delta['type'] !== 'thought_signature';
}

function isCall({ step }: JsonObject): boolean {
  return isJsonObject(step) && step['type'] === 'function_call';
}

function withoutContent(start: StepEvent): StepEvent {
  const { step } = start.event;
  if (!isJsonObject(step)) return start;
  const { content: _content, summary: _summary, ...head } = step;
  return { ...start, tokens: 0, event: { ...start.event, step: head } };
}
