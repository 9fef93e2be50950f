import type { SseEvent } from '@gemini/sse-parser';
import { createDeadline, type Deadline, type DeadlineOwner } from '../exchange/deadline.ts';
import type { HttpStreamError } from '../errors.ts';
import type { BodyEnd } from '../body/body-end.ts';
import type { ConsumptionControl, EventStreamConsumer } from '../types.ts';

/** How a stream ended. */
export type Ending =
  | { readonly bodyEnd: BodyEnd; readonly isInsideEvent: boolean }
  | { readonly error: HttpStreamError };

/** Hands the events of a stream to its one consumer, at the consumer's pace. */
export interface Delivery {
  /** The stream is there: from now on somebody has to read it. */
  open(): void;
  event(event: SseEvent): void;
  text(text: string): void;
  /** The end waits behind the events that a paused consumer has not taken yet. */
  end(ending: Ending): void;
  /** Drops what waits: this is the end now. */
  drop(error: HttpStreamError): void;
  /** @throws TypeError when there is a consumer already */
  consume(consumer: EventStreamConsumer): ConsumptionControl;
  /** The consumer knows the end. */
  isEnded(): boolean;
}

/** What a delivery asks of the stream that feeds it. */
export interface DeliverySource {
  readonly unreadTimeoutMs: number;
  onFlow(flowing: boolean): void;
  /** Nobody read for `unreadTimeoutMs`. */
  onUnread(): void;
  onConsumerFailed(cause: unknown): void;
}

/** `unread`: no consumer yet. `ended`: the consumer knows; without a consumer nothing is ever `ended`. */
type Flow = 'unread' | 'flowing' | 'paused' | 'ended';

type HeldItem = { readonly type: 'event'; readonly event: SseEvent } | { readonly type: 'text'; readonly text: string };

/** Is its consumer's control as well: an object less for each stream. */
class PacedDelivery implements Delivery, ConsumptionControl, DeadlineOwner {
  readonly #source: DeliverySource;
  /** Begins the clock, unless somebody reads by then. */
  #watch: NodeJS.Immediate | undefined;
  /** Runs while nobody reads. */
  #deadline: Deadline | undefined;
  // What one read completed after the consumer paused: never more than that, because then the socket rests.
  #held: HeldItem[] = [];
  #flow: Flow = 'unread';
  #ending: Ending | undefined;
  #consumer: EventStreamConsumer | undefined;

  constructor(source: DeliverySource) {
    this.#source = source;
  }
  open(): void {
    // Most callers begin to read before the turn is over: a clock is for the others.
    this.#watch = setImmediate(watchUnread, this);
  }
  watchUnread(): void {
    if (this.#flow === 'unread' && this.#ending === undefined) this.#enter('unread');
  }
  event(event: SseEvent): void {
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tell(event);
    else if (this.#flow !== 'ended' && this.#ending === undefined) this.#held.push({ type: 'event', event });
  }
  text(text: string): void {
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tellText(text);
    else if (this.#flow !== 'ended' && this.#ending === undefined) this.#held.push({ type: 'text', text });
  }
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    if (this.#flow === 'flowing' && this.#held.length === 0) this.#tellEnd();
  }
  drop(error: HttpStreamError): void {
    if (this.#flow === 'ended') return;
    this.#held = [];
    this.#ending = { error };
    this.#stopWatch();
    this.#tellEnd();
  }
  consume(consumer: EventStreamConsumer): ConsumptionControl {
    if (this.#consumer !== undefined)
      throw new TypeError('expected a stream that is not consumed yet: it is read once');
    this.#consumer = consumer;
    // Nothing is told before the caller has the control in hand.
    if (this.#held.length === 0 && this.#ending === undefined) this.#run();
    else {
      queueMicrotask(() => {
        if (this.#flow === 'unread') this.#run();
      });
    }
    return this;
  }
  // Functions of their own, for callers take the control apart.
  readonly pause = (): void => {
    if (this.#flow === 'flowing' || this.#flow === 'unread') this.#enter('paused');
  };
  readonly resume = (): void => {
    if (this.#flow === 'paused') this.#run();
  };
  expired(): void {
    this.#source.onUnread();
  }
  isEnded(): boolean {
    return this.#flow === 'ended';
  }
  /** The only place where the flow changes. */
  #enter(next: Flow): void {
    const { unreadTimeoutMs } = this.#source;
    this.#stopWatch();
    this.#flow = next;
    if (next === 'unread' || next === 'paused') {
      this.#deadline = createDeadline(this);
      this.#deadline.start(unreadTimeoutMs);
    }
    if (next !== 'ended' && this.#ending === undefined) this.#source.onFlow(next === 'flowing');
  }
  #stopWatch(): void {
    clearImmediate(this.#watch);
    this.#deadline?.stop();
    this.#watch = this.#deadline = undefined;
  }
  #tell(event: SseEvent): void {
    try {
      this.#consumer?.event(event);
    } catch (cause) {
      this.#source.onConsumerFailed(cause);
    }
  }
  #tellText(text: string): void {
    try {
      this.#consumer?.text?.(text);
    } catch (cause) {
      this.#source.onConsumerFailed(cause);
    }
  }
  #tellEnd(): void {
    const ending = this.#ending;
    if (ending === undefined || this.#consumer === undefined || this.#flow === 'ended') return;
    this.#enter('ended');
    try {
      if ('error' in ending) this.#consumer.error(ending.error);
      else this.#consumer.end(ending.bodyEnd, ending.isInsideEvent);
    } catch (cause) {
      // The stream is over: nobody is left to tell but the process.
      queueMicrotask(() => {
        throw cause;
      });
    }
  }
  // A callback may have changed the flow, which the compiler cannot see.
  #isFlowing(): boolean {
    return this.#flow === 'flowing';
  }
  #run(): void {
    this.#enter('flowing');
    const waiting = this.#held;
    this.#held = [];
    for (const [index, item] of waiting.entries()) {
      if (!this.#isFlowing()) {
        this.#held = [...waiting.slice(index), ...this.#held];
        return;
      }
      if (item.type === 'event') this.#tell(item.event);
      else this.#tellText(item.text);
    }
    if (this.#isFlowing()) this.#tellEnd();
  }
}

// One function for all streams.
const watchUnread = (delivery: PacedDelivery): void => delivery.watchUnread();

/** Nobody reads yet; the clock of that runs from `open` on. */
export function createDelivery(source: DeliverySource): Delivery {
  return new PacedDelivery(source);
}
