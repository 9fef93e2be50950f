import type { SseEvent } from '@gemini/sse-parser';
import { createDeadline } from './deadline.ts';
import type { HttpStreamError } from './errors.ts';
import type { BodyEnd } from './body-end.ts';
import type { ConsumptionControl, EventStreamConsumer } from './types.ts';

/** How a stream ended. */
export type Ending = { readonly bodyEnd: BodyEnd } | { readonly error: HttpStreamError };

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
export interface DeliveryOptions {
  readonly unreadTimeoutMs: number;
  onFlow(flowing: boolean): void;
  /** Nobody read for `unreadTimeoutMs`. */
  onUnread(): void;
  onConsumerFailed(cause: unknown): void;
}

/** `unread`: no consumer yet. `ended`: the consumer knows; without a consumer nothing is ever `ended`. */
type Flow = 'unread' | 'flowing' | 'paused' | 'ended';

type HeldItem = { readonly type: 'event'; readonly event: SseEvent } | { readonly type: 'text'; readonly text: string };

/** Nobody reads yet; the clock of that runs from `open` on. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const deadline = createDeadline();
  // What one read completed after the consumer paused: never more than that, because then the socket rests.
  let held: HeldItem[] = [];
  let flow: Flow = 'unread';
  let ending: Ending | undefined;
  let consumer: EventStreamConsumer | undefined;

  /** The only place where the flow changes. */
  function enter(next: Flow): void {
    deadline.stop();
    flow = next;
    if (next === 'unread' || next === 'paused') deadline.start(options.unreadTimeoutMs, () => options.onUnread());
    if (next !== 'ended' && ending === undefined) options.onFlow(next === 'flowing');
  }
  function tell(event: SseEvent): void {
    try {
      consumer?.event(event);
    } catch (cause) {
      options.onConsumerFailed(cause);
    }
  }
  function tellText(text: string): void {
    try {
      consumer?.text?.(text);
    } catch (cause) {
      options.onConsumerFailed(cause);
    }
  }
  function tellEnd(): void {
    if (ending === undefined || consumer === undefined || flow === 'ended') return;
    enter('ended');
    try {
      if ('error' in ending) consumer.error(ending.error);
      else consumer.end(ending.bodyEnd);
    } catch (cause) {
      // The stream is over: nobody is left to tell but the process.
      queueMicrotask(() => {
        throw cause;
      });
    }
  }
  // A callback may have changed the flow, which the compiler cannot see.
  const isFlowing = (): boolean => flow === 'flowing';
  function flush(): void {
    const waiting = held;
    held = [];
    for (const [index, item] of waiting.entries()) {
      if (!isFlowing()) {
        held = [...waiting.slice(index), ...held];
        return;
      }
      if (item.type === 'event') tell(item.event);
      else tellText(item.text);
    }
    if (isFlowing()) tellEnd();
  }
  function run(): void {
    enter('flowing');
    flush();
  }

  return {
    open() {
      if (flow === 'unread' && ending === undefined) enter('unread');
    },
    event(event) {
      if (flow === 'flowing' && held.length === 0) tell(event);
      else if (flow !== 'ended' && ending === undefined) held.push({ type: 'event', event });
    },
    text(text) {
      if (flow === 'flowing' && held.length === 0) tellText(text);
      else if (flow !== 'ended' && ending === undefined) held.push({ type: 'text', text });
    },
    end(end) {
      if (ending !== undefined) return;
      ending = end;
      if (flow === 'flowing' && held.length === 0) tellEnd();
    },
    drop(error) {
      if (flow === 'ended') return;
      held = [];
      ending = { error };
      deadline.stop();
      tellEnd();
    },
    consume(next) {
      if (consumer !== undefined) throw new TypeError('expected a stream that is not consumed yet: it is read once');
      consumer = next;
      // Nothing is told before the caller has the control in hand.
      if (held.length === 0 && ending === undefined) run();
      else {
        queueMicrotask(() => {
          if (flow === 'unread') run();
        });
      }
      return {
        pause() {
          if (flow === 'flowing' || flow === 'unread') enter('paused');
        },
        resume() {
          if (flow === 'paused') run();
        },
      };
    },
    isEnded: () => flow === 'ended',
  };
}
