import type { ConsumptionControl } from '@gemini/http-streaming';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDelivery, type Delivery } from '../src/stream-run.ts';
import { HttpStreamError } from '../src/errors.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const broken = new HttpStreamError('connection-lost', 'broken', { request: 'GET http://example.com/' });

const setUp = () => {
  const seen: string[] = [];
  const flows: boolean[] = [];
  const onUnread = vi.fn<() => void>();
  const onConsumerFailed = vi.fn<(cause: unknown) => void>();
  const delivery: Delivery = createDelivery({
    unreadTimeoutMs: 100,
    onFlow: (flowing) => flows.push(flowing),
    onUnread,
    onConsumerFailed,
  });
  let control: ConsumptionControl | undefined;
  const consume = (onEvent: (data: string) => void = () => {}): ConsumptionControl =>
    (control = delivery.consume({
      event({ data }) {
        seen.push(data);
        onEvent(data);
      },
      text: (text) => seen.push(`text ${text}`),
      end: (bodyEnd) => seen.push(`end ${bodyEnd}`),
      error: ({ code }) => seen.push(code),
    }));
  return { delivery, seen, flows, onUnread, onConsumerFailed, consume, control: () => control };
};

describe('createDelivery', () => {
  it('tells nothing before the caller has the control in hand', async () => {
    const { delivery, seen, consume, control } = setUp();
    delivery.open();
    delivery.event({ data: 'a' });
    delivery.end({ bodyEnd: 'close', isInsideEvent: false });
    consume(() => control()?.pause());
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(['a']);
    control()?.resume();
    expect(seen).toEqual(['a', 'end close']);
  });

  it('keeps the order, and the end behind it, while the consumer pauses again and again', () => {
    const { delivery, seen, consume, control } = setUp();
    consume((data) => {
      if (data !== 'c') control()?.pause();
    });
    for (const data of ['a', 'b', 'c']) delivery.event({ data });
    delivery.text('between');
    delivery.event({ data: 'd' });
    delivery.end({ bodyEnd: 'chunked', isInsideEvent: false });
    expect(seen).toEqual(['a']);
    control()?.resume();
    expect(seen).toEqual(['a', 'b']);
    control()?.resume();
    expect(seen).toEqual(['a', 'b', 'c', 'text between', 'd']);
    control()?.resume();
    expect(seen).toEqual(['a', 'b', 'c', 'text between', 'd', 'end chunked']);
  });

  it('asks for no more while nobody reads, and says so once nobody has for too long', () => {
    const { delivery, flows, onUnread, consume } = setUp();
    delivery.open();
    vi.advanceTimersByTime(60);
    const control = consume();
    vi.advanceTimersByTime(500);
    expect(onUnread).not.toHaveBeenCalled();
    control.pause();
    expect(flows).toEqual([false, true, false]);
    vi.advanceTimersByTime(105);
    vi.advanceTimersToNextTimer();
    expect(onUnread).toHaveBeenCalledOnce();
  });

  it('lets the error wait behind the events that had come before it', () => {
    const { delivery, seen, consume } = setUp();
    const control = consume();
    control.pause();
    delivery.event({ data: 'a' });
    delivery.end({ error: broken });
    control.resume();
    expect(seen).toEqual(['a', 'connection-lost']);
  });

  it('drops what waits when the caller has left, and tells a later consumer the end', async () => {
    const { delivery, seen, consume } = setUp();
    delivery.open();
    delivery.event({ data: 'a' });
    delivery.drop(broken);
    delivery.event({ data: 'b' });
    expect(vi.getTimerCount()).toBe(0);
    consume();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual(['connection-lost']);
  });

  it('tells the end once', () => {
    const { delivery, seen, consume } = setUp();
    consume();
    delivery.end({ bodyEnd: 'length', isInsideEvent: false });
    delivery.end({ error: broken });
    delivery.drop(broken);
    expect(seen).toEqual(['end length']);
  });

  it('reports a consumer that throws', () => {
    const { delivery, onConsumerFailed, consume } = setUp();
    const mine = new Error('mine');
    consume(() => {
      throw mine;
    });
    delivery.event({ data: 'a' });
    expect(onConsumerFailed).toHaveBeenCalledWith(mine);
  });
});
