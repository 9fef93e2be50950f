import { StreamFollowError } from './errors.ts';
import { EventLog, LogReader } from './event-log.ts';
import type { ResolvedOptions } from './options.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import { ResumingConnection } from './resuming-connection.ts';
import { readEnd, textError } from './served-end.ts';
import { isDiscard, isGap, TextCollector, textOf } from './text-collector.ts';
import type { FollowedStream, FollowOutcome, FollowRequest, FollowStatus, ServedFrame } from './types.ts';

/** Follows one stream over all its connections. */
export class Follower<Event> implements FollowedStream<Event> {
  readonly #options: ResolvedOptions<Event>;
  readonly #request: OutgoingRequest;
  readonly #log = new EventLog<Event>();
  readonly #collector = new TextCollector();
  readonly #settled = Promise.withResolvers<FollowOutcome>();
  readonly #connection: ResumingConnection;
  #dataLength = 0;
  #readersCount = 0;
  #isStopped = false;
  #status: FollowStatus = 'connecting';
  #outcome: FollowOutcome | undefined;

  constructor(target: string | URL | FollowRequest, options: ResolvedOptions<Event>) {
    this.#options = options;
    this.#request = new OutgoingRequest(target);
    this.#connection = new ResumingConnection(this.#request, options, {
      onFrame: (frame) => this.#onFrame(frame),
      onStatus: (status) => this.#report(status),
      onEnd: (error) => this.#onEnd(error),
    });
    const { signal } = options;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted === true) this.#abort();
    else this.#connection.start();
  }

  get outcome(): Promise<FollowOutcome> {
    return this.#settled.promise;
  }

  get status(): FollowStatus {
    return this.#status;
  }

  get lastEventId(): string | undefined {
    return this.#connection.position;
  }

  [Symbol.asyncIterator](): LogReader<Event> {
    const { events } = this.#log;
    let at = 0;
    return this.#read(() => {
      if (at < events.length) return { done: false, value: events[at++] as Event };
      if (!this.#log.isOver) return undefined;
      if (this.#log.failure !== undefined) throw this.#log.failure.error;
      return { done: true, value: undefined };
    });
  }

  get textStream(): AsyncIterable<string> {
    return { [Symbol.asyncIterator]: () => this.#readText() };
  }

  async text(): Promise<string> {
    this.#readersCount += 1;
    const { text } = await this.outcome;
    const failure = this.#textFailure(this.#collector.hasGap);
    if (failure !== undefined) throw failure.error;
    return text;
  }

  async stop(): Promise<void> {
    const { stop, fetch = globalThis.fetch } = this.#options;
    try {
      if (typeof stop === 'function') await stop();
      else {
        const url = stop?.url ?? this.#request.address;
        if (url === undefined)
          throw new TypeError('stop: expected a url, because the stream has no address of its own');
        const { ok, status } = await this.#request.sendAside(fetch, String(url), stop?.method ?? 'DELETE');
        if (!ok && status !== 404 && status !== 410) {
          throw new StreamFollowError('http-error', `the server answered ${status}`, { status });
        }
      }
    } catch (cause) {
      const { status } = cause as { status?: number };
      throw new StreamFollowError('stop-failed', 'the stream could not be stopped', { status, cause });
    }
    this.#isStopped = true;
    // The end is there now.
    this.#connection.wake(false);
  }

  #read<Item>(take: () => IteratorResult<Item, undefined> | undefined): LogReader<Item> {
    this.#readersCount += 1;
    return new LogReader(this.#log, take, () => {
      this.#readersCount -= 1;
      if (this.#readersCount === 0) this.#leave({ error: new StreamFollowError('left', 'the reader left the stream') });
    });
  }

  #readText(): LogReader<string> {
    const { events } = this.#log;
    let at = events.findLastIndex(isDiscard) + 1;
    let hasYielded = false;
    let hasGap = false;
    return this.#read(() => {
      while (at < events.length) {
        const event = events[at++];
        const text = textOf(event);
        if (isDiscard(event)) {
          if (hasYielded) throw new StreamFollowError('text-discarded', 'the answer started over');
          hasGap = false;
        } else if (isGap(event)) hasGap = true;
        if (text === '') continue;
        hasYielded = true;
        return { done: false, value: text };
      }
      if (!this.#log.isOver) return undefined;
      const failure = this.#textFailure(hasGap);
      if (failure !== undefined) throw failure.error;
      return { done: true, value: undefined };
    });
  }

  #textFailure(hasGap: boolean): { readonly error: unknown } | undefined {
    return this.#log.failure ?? textError(this.#outcome as FollowOutcome, hasGap);
  }

  readonly #abort = (): void => this.#leave({ error: this.#options.signal?.reason as unknown });

  #leave(failure: { readonly error: unknown }): void {
    const error = new StreamFollowError('left', 'the reader left the stream', { cause: failure.error });
    this.#settle({ status: 'left', error }, failure);
  }

  #onFrame(frame: ServedFrame): boolean {
    if (frame.event === 'end') {
      const end = readEnd(frame.data);
      const isCut = end.status === 'failed' || end.status === 'truncated';
      this.#settle(end, isCut ? { error: end.error } : undefined);
      return false;
    }
    const event = this.#decode(frame);
    if (event === undefined) return false;
    this.#dataLength += frame.data.length;
    this.#collector.add(event);
    const { maxStreamLength, maxTextLength } = this.#options;
    if (this.#dataLength > maxStreamLength) {
      throw new StreamFollowError('stream-too-large', 'the stream is too large', { limit: maxStreamLength });
    }
    if (this.#collector.text.length > maxTextLength) {
      throw new StreamFollowError('text-too-long', 'the text is too long', { limit: maxTextLength });
    }
    this.#log.push(event);
    return true;
  }

  #decode(frame: { readonly data: string; readonly event?: string | undefined }): Event | undefined {
    const { decode } = this.#options;
    try {
      if (frame.event === 'gap') return { ...(JSON.parse(frame.data) as object), type: 'gap' } as Event;
      return decode === undefined ? (JSON.parse(frame.data) as Event) : decode(frame);
    } catch (cause) {
      // An error of JSON.parse quotes the text.
      const facts = decode === undefined ? {} : { cause };
      throw new StreamFollowError('invalid-event', 'an event could not be decoded', facts);
    }
  }

  #onEnd(error: StreamFollowError | undefined): void {
    if (error === undefined) return this.#settle({ status: 'unknown' }, undefined);
    const isGone = error.status === 404 || error.status === 410;
    if (!this.#isStopped || !isGone) return this.#settle({ status: 'lost', error }, { error });
    const stopped = new StreamFollowError('stopped', 'the stream was stopped');
    this.#settle({ status: 'stopped', error: stopped }, undefined);
  }

  #settle(end: Pick<FollowOutcome, 'status' | 'error'>, failure: { readonly error: unknown } | undefined): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = {
      ...end,
      text: this.#collector.text,
      lastEventId: this.#connection.position,
      eventsCount: this.#log.events.length,
      reconnects: Math.max(0, this.#connection.requestsCount - 1),
    };
    this.#connection.end();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#log.end(failure);
    this.#settled.resolve(this.#outcome);
    this.#report(end.status);
  }

  #report(status: FollowStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    try {
      this.#options.onStatus?.(status);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
