import { GoogleError } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, textOr } from '../wire/json.ts';
import { type InteractionStatus, nextStatus } from './interaction-status.ts';
import type { Step } from './interaction-request.ts';
import { StepCollector } from './step-collector.ts';
import type { TimedEvent } from './stream-interaction.ts';

/** The events of a run that have an `event_id`. */
export type EventIds = 'all' | 'deltas' | 'some' | 'none';

/** The beginning of an interaction. */
interface InteractionHead {
  readonly id: string;
  readonly maker: JsonObject;
  /** The steps of the request. */
  readonly input: readonly Step[];
  readonly previousId: string | undefined;
  readonly isBackground: boolean;
  readonly eventIds: EventIds;
  readonly created: string;
  /** The key under which its requests are counted in a scenario. */
  readonly key: string;
}

/**
 * One interaction: its events as they come, its steps and its status. A background run continues without readers; any number
 * of them follow it, from any event.
 */
export class StoredInteraction {
  readonly head: InteractionHead;
  status: InteractionStatus = 'in_progress';
  /** The size of its input and its events, in characters. */
  size: number;
  readonly #collector = new StepCollector();
  readonly #events: JsonObject[] = [];
  readonly #placeOfId = new Map<string, number>();
  readonly #abort = new AbortController();
  #last: JsonObject = {};
  #wake = Promise.withResolvers<void>();

  constructor(head: InteractionHead) {
    this.head = head;
    this.size = JSON.stringify(head.input).length;
  }

  get isOver(): boolean {
    return this.status !== 'in_progress';
  }

  /** The steps of the model. */
  get steps(): readonly Step[] {
    return this.#collector.steps();
  }

  /** Adds an event, gives it an id if it has one, and wakes the readers. Returns the event as it is sent. */
  record(event: JsonObject): JsonObject {
    const sent = this.#withId(event);
    this.#events.push(sent);
    this.size += JSON.stringify(sent).length;
    this.#collector.add(sent);
    const { interaction } = sent;
    if (sent['event_type'] === 'interaction.completed' && isJsonObject(interaction)) {
      this.#last = interaction;
      this.status = nextStatus(this.status, { type: 'end', status: textOr(interaction['status'], '') });
    } else if (sent['event_type'] === 'error') {
      this.status = nextStatus(this.status, { type: 'fail' });
    }
    this.#wakeReaders();
    return sent;
  }

  /** Runs to the end by itself, at the pace of the events. */
  async run(events: Iterable<TimedEvent>): Promise<void> {
    const { signal } = this.#abort;
    for (const { waitMs, chunk } of events) {
      // Events come one after another.
      // oxlint-disable-next-line no-await-in-loop
      await wait(waitMs, signal);
      if (signal.aborted) return;
      this.record(chunk);
    }
    if (!this.isOver) this.#end('fail');
  }

  /** Stops the run. Its readers get a last event with the status. */
  cancel(): void {
    if (this.isOver) return;
    const { id, maker, created } = this.head;
    const interaction = { id, status: 'cancelled', object: 'interaction', ...maker, created, updated: created };
    this.record({ interaction, event_type: 'interaction.completed' });
    this.#abort.abort();
  }

  /** Ends the interaction without an event: its connection was lost, or the emulator stops. */
  abandon(): void {
    this.#end('cancel');
    this.#abort.abort();
  }

  /**
   * Yields the events after one, then those that are still to come.
   * @throws GoogleError `INVALID_ARGUMENT` for an id that no event has
   */
  follow(lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<TimedEvent> {
    const place = lastEventId === undefined ? 0 : this.#placeOfId.get(lastEventId);
    if (place === undefined) {
      throw new GoogleError('INVALID_ARGUMENT', 'last_event_id: no event of this interaction has this id.');
    }
    return this.#followFrom(place, signal);
  }

  /** Returns the interaction as `GET` tells it, with the steps of the request first. */
  describe(withInput: boolean): JsonObject {
    const { id, maker, input, previousId, created } = this.head;
    const { usage, updated = created, service_tier: serviceTier, errors } = this.#last;
    return {
      id,
      status: this.status,
      object: 'interaction',
      ...maker,
      created,
      updated,
      ...(previousId === undefined ? {} : { previous_interaction_id: previousId }),
      ...(usage === undefined ? {} : { usage }),
      ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
      ...(errors === undefined ? {} : { errors }),
      steps: [...(withInput ? input : []), ...this.steps],
    };
  }

  async *#followFrom(from: number, signal: AbortSignal): AsyncGenerator<TimedEvent> {
    const left = aborted(signal);
    for (let place = from; !signal.aborted;) {
      const event = this.#events[place];
      if (event !== undefined) {
        place += 1;
        yield { waitMs: 0, chunk: event };
      } else if (this.isOver) {
        return;
      } else {
        const { promise } = this.#wake;
        // Events come one after another.
        // oxlint-disable-next-line no-await-in-loop
        await Promise.race([promise, left]);
      }
    }
  }

  #end(type: 'fail' | 'cancel'): void {
    this.status = nextStatus(this.status, { type });
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #withId(event: JsonObject): JsonObject {
    const place = this.#events.length;
    if (typeof event['event_id'] === 'string') {
      this.#placeOfId.set(event['event_id'], place + 1);
      return event;
    }
    if (!hasId(this.head.eventIds, event, place)) return event;
    const id = `event-${place + 1}`;
    this.#placeOfId.set(id, place + 1);
    return { ...event, event_id: id };
  }
}

function hasId(ids: EventIds, event: JsonObject, place: number): boolean {
  const isDelta = event['event_type'] === 'step.delta';
  if (ids === 'some') return isDelta && place % 3 === 0;
  return ids === 'all' || (ids === 'deltas' && isDelta);
}

/** Waits, for at least one turn of the event loop. Returns early after an abort. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
