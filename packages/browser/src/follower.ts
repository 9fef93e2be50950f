import { Connection, type ConnectionEnd } from './connection.ts';
import { StreamFollowError } from './errors.ts';
import { EventLog, LogReader } from './event-log.ts';
import type { ResolvedOptions } from './options.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import { isOnline, watchPage } from './page.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './reconnection.ts';
import { sameOrigin } from './response-rules.ts';
import { readEnd, textError } from './served-end.ts';
import { isDiscard, isGap, TextCollector, textOf } from './text-collector.ts';
import type { FollowedStream, FollowOutcome, FollowRequest, FollowStatus } from './types.ts';

/** Follows one stream over all its connections. */
export class Follower<Event> implements FollowedStream<Event> {
  readonly #options: ResolvedOptions<Event>;
  readonly #request: OutgoingRequest;
  readonly #log = new EventLog<Event>();
  readonly #collector = new TextCollector();
  readonly #settled = Promise.withResolvers<FollowOutcome>();
  readonly #unwatch: () => void;
  #state: ConnectionState = { status: 'connecting', attempts: 0 };
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #baseDelayMs: number | undefined;
  #position: string | undefined;
  #firstId: string | undefined;
  /** The last event has an id: the position stands after everything that was received. */
  #isPlaced = true;
  #requests = 0;
  #dataLength = 0;
  #readersCount = 0;
  #isStopped = false;
  #status: FollowStatus = 'connecting';
  #outcome: FollowOutcome | undefined;

  constructor(target: string | URL | FollowRequest, options: ResolvedOptions<Event>) {
    this.#options = options;
    this.#request = new OutgoingRequest(target);
    this.#position = options.lastEventId;
    this.#unwatch = watchPage((isNewNetwork) => this.#wake(isNewNetwork));
    const { signal } = options;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted === true) this.#abort();
    else this.#connect();
  }

  get outcome(): Promise<FollowOutcome> {
    return this.#settled.promise;
  }

  get status(): FollowStatus {
    return this.#status;
  }

  get lastEventId(): string | undefined {
    return this.#position;
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
    this.#wake(false);
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

  #connect(): void {
    const { fetch = globalThis.fetch } = this.#options;
    this.#requests += 1;
    let isRejoined = this.#requests > 1 && this.#log.events.length > 0;
    let isReplayed = false;
    const connection = new Connection(
      (signal) => this.#request.send(fetch, signal, this.#position),
      {
        mayMove: this.#request.address === undefined,
        onOpen: ({ headers, url }) => {
          this.#request.address ??= sameOrigin(headers.get('content-location'), url);
          this.#dispatch({ type: 'opened' });
        },
        onRetry: (delayMs) => (this.#baseDelayMs = delayMs),
        onId: (id) => {
          // A server that begins again would double the text.
          isReplayed = isRejoined && (id === this.#firstId || id === this.#position);
          if (isReplayed) return;
          this.#firstId ??= id;
          this.#position = id === '' ? undefined : id;
        },
        onFrame: (frame) => {
          if (isReplayed) {
            throw new StreamFollowError('replayed', 'the server began the stream again instead of continuing it');
          }
          isRejoined = false;
          this.#onFrame(frame);
        },
      },
      this.#options,
    );
    this.#connection = connection;
    void connection.end.then((end) => {
      if (this.#connection === connection && this.#outcome === undefined) this.#onConnectionEnd(end);
    });
  }

  #onFrame(frame: {
    readonly data: string;
    readonly event?: string | undefined;
    readonly id?: string | undefined;
  }): void {
    if (frame.event === 'end') {
      const end = readEnd(frame.data);
      const isCut = end.status === 'failed' || end.status === 'truncated';
      return this.#settle(end, isCut ? { error: end.error } : undefined);
    }
    this.#isPlaced = frame.id !== undefined;
    this.#dispatch({ type: 'progress' });
    const event = this.#decode(frame);
    if (event === undefined) return;
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

  #onConnectionEnd(end: ConnectionEnd): void {
    if (end.type === 'over') return this.#settle({ status: 'unknown' }, undefined);
    if (end.type === 'moved') {
      this.#requests -= 1;
      this.#request.address = end.url;
      return this.#connect();
    }
    const { error } = end;
    if (this.#isStopped && (error.status === 404 || error.status === 410)) {
      return this.#settle(
        { status: 'stopped', error: new StreamFollowError('stopped', 'the stream was stopped') },
        undefined,
      );
    }
    if (end.type === 'refused') return this.#lose(error);
    const isJoinable = this.#log.events.length === 0 || (this.#isPlaced && this.#position !== undefined);
    if (!isJoinable) {
      return this.#lose(
        new StreamFollowError('no-position', 'the stream has no ids to continue after', { cause: error }),
      );
    }
    const random = Math.random();
    const baseDelayMs = this.#baseDelayMs;
    this.#dispatch({ type: 'dropped', error, nowMs: Date.now(), isOnline: isOnline(), random, baseDelayMs });
  }

  #wake(isNewNetwork: boolean): void {
    if (this.#state.status === 'waiting') {
      this.#dispatch({ type: 'woken', nowMs: Date.now(), isOnline: isOnline() });
    } else if (isNewNetwork && this.#state.status === 'streaming' && this.#isPlaced) {
      this.#connection?.drop(new StreamFollowError('connection-lost', 'the network has changed'));
    } else this.#connection?.checkIdle();
  }

  /** The one place that sets the state and performs its effects. */
  #dispatch(event: ConnectionEvent): void {
    const next = transition(this.#state, event, this.#options.policy);
    if (next === this.#state) {
      // A timer that fired early, as those of slowed pages do.
      if (event.type === 'elapsed' && next.status === 'waiting') this.#startTimer(next.untilMs);
      return;
    }
    this.#state = next;
    clearTimeout(this.#timer);
    if (next.status === 'over') return this.#lose(next.error);
    this.#report(next.status);
    if (next.status === 'waiting') this.#startTimer(next.untilMs);
    else if (next.status === 'connecting') this.#connect();
  }

  #startTimer(untilMs: number): void {
    const delayMs = Math.min(Math.max(0, untilMs - Date.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#dispatch({ type: 'elapsed', nowMs: Date.now() }), delayMs);
  }

  #lose(error: StreamFollowError): void {
    this.#settle({ status: 'lost', error }, { error });
  }

  #settle(end: Pick<FollowOutcome, 'status' | 'error'>, failure: { readonly error: unknown } | undefined): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = {
      ...end,
      text: this.#collector.text,
      lastEventId: this.#position,
      eventsCount: this.#log.events.length,
      reconnects: Math.max(0, this.#requests - 1),
    };
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#connection?.close();
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
