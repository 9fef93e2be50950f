import { Connection, type ConnectionEnd } from './connection.ts';
import { StreamFollowError } from './errors.ts';
import type { ReconnectPolicy } from './options.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import { isOnline, watchPage } from './page.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './reconnection.ts';
import { sameOrigin } from './response-rules.ts';
import type { ServedFrame } from './types.ts';

/** The settings of a stream over all its connections. */
export interface ConnectionSettings {
  readonly fetch?: typeof fetch | undefined;
  readonly policy: ReconnectPolicy;
  readonly idleTimeoutMs: number;
  readonly maxEventLength: number;
  readonly lastEventId?: string | undefined;
}

/** The calls from a connection to its owner. After `end` none comes. */
export interface ConnectionOwner {
  /** A frame with data. Returns whether it was an event. A StreamFollowError that it throws ends the stream. */
  onFrame(frame: ServedFrame): boolean;
  onStatus(status: 'connecting' | 'streaming' | 'waiting'): void;
  /** The server has nothing more (204), without an error; or the stream cannot be followed any more. */
  onEnd(error: StreamFollowError | undefined): void;
}

/**
 * Reads one stream over all its connections: keeps the position, waits and asks again after a drop, and looks at once when
 * the page is online, visible or restored.
 */
export class ResumingConnection {
  /** The id of the last frame that has one. */
  position: string | undefined;
  /** The requests so far. */
  requestsCount = 0;
  readonly #request: OutgoingRequest;
  readonly #settings: ConnectionSettings;
  readonly #owner: ConnectionOwner;
  readonly #unwatch: () => void;
  #state: ConnectionState = { status: 'connecting', attempts: 0 };
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #baseDelayMs: number | undefined;
  #firstId: string | undefined;
  #hasEvents = false;
  /** The last event has an id: the position stands after everything that was received. */
  #isPlaced = true;
  #isOver = false;

  constructor(request: OutgoingRequest, settings: ConnectionSettings, owner: ConnectionOwner) {
    this.#request = request;
    this.#settings = settings;
    this.#owner = owner;
    this.position = settings.lastEventId;
    this.#unwatch = watchPage((isNewNetwork) => this.wake(isNewNetwork));
  }

  /** Sends the first request. */
  start(): void {
    if (!this.#isOver) this.#connect();
  }

  /** Closes everything. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#connection?.close();
  }

  /** Looks at once. `isNewNetwork`: the connection from before is no longer to be trusted. */
  wake(isNewNetwork: boolean): void {
    if (this.#state.status === 'waiting') {
      this.#dispatch({ type: 'woken', nowMs: Date.now(), isOnline: isOnline() });
    } else if (isNewNetwork && this.#state.status === 'streaming' && this.#isPlaced) {
      this.#connection?.drop(new StreamFollowError('connection-lost', 'the network has changed'));
    } else this.#connection?.checkIdle();
  }

  #connect(): void {
    const { fetch = globalThis.fetch } = this.#settings;
    const request = this.#request;
    this.requestsCount += 1;
    let isRejoined = this.requestsCount > 1 && this.#hasEvents;
    let isReplayed = false;
    const connection = new Connection(
      (signal) => request.send(fetch, signal, this.position),
      {
        origin: request.address === undefined ? request.origin : undefined,
        onOpen: ({ headers, url }) => {
          request.address ??= sameOrigin(headers.get('content-location'), url, request.origin);
          this.#dispatch({ type: 'opened' });
        },
        onRetry: (delayMs) => (this.#baseDelayMs = delayMs),
        onId: (id) => {
          // A server that begins again would double the text.
          isReplayed = isRejoined && (id === this.#firstId || id === this.position);
          if (isReplayed) return;
          this.#firstId ??= id;
          request.address ??= request.rejoinAddress;
          this.position = id === '' ? undefined : id;
        },
        onFrame: (frame) => {
          if (isReplayed) {
            throw new StreamFollowError('replayed', 'the server began the stream again instead of continuing it');
          }
          isRejoined = false;
          this.#isPlaced = frame.id !== undefined;
          this.#dispatch({ type: 'progress' });
          if (this.#owner.onFrame(frame)) this.#hasEvents = true;
        },
      },
      this.#settings,
    );
    this.#connection = connection;
    void connection.end.then((end) => {
      if (this.#connection === connection && !this.#isOver) this.#onConnectionEnd(end);
    });
  }

  #onConnectionEnd(end: ConnectionEnd): void {
    if (end.type === 'over') return this.#finish(undefined);
    if (end.type === 'moved') {
      this.requestsCount -= 1;
      this.#request.address = end.url;
      return this.#connect();
    }
    const { error } = end;
    if (end.type === 'refused') return this.#finish(error);
    if (this.#hasEvents && (!this.#isPlaced || this.position === undefined)) {
      const facts = { cause: error };
      return this.#finish(new StreamFollowError('no-position', 'the stream has no ids to continue after', facts));
    }
    const random = Math.random();
    const baseDelayMs = this.#baseDelayMs;
    this.#dispatch({ type: 'dropped', error, nowMs: Date.now(), isOnline: isOnline(), random, baseDelayMs });
  }

  /** The one place that sets the state and performs its effects. */
  #dispatch(event: ConnectionEvent): void {
    const next = transition(this.#state, event, this.#settings.policy);
    if (next === this.#state) {
      // A timer that fired early, as those of slowed pages do.
      if (event.type === 'elapsed' && next.status === 'waiting') this.#startTimer(next.untilMs);
      return;
    }
    this.#state = next;
    clearTimeout(this.#timer);
    if (next.status === 'over') return this.#finish(next.error);
    this.#owner.onStatus(next.status);
    if (this.#isOver) return;
    if (next.status === 'waiting') this.#startTimer(next.untilMs);
    else if (next.status === 'connecting') this.#connect();
  }

  #startTimer(untilMs: number): void {
    const delayMs = Math.min(Math.max(0, untilMs - Date.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#dispatch({ type: 'elapsed', nowMs: Date.now() }), delayMs);
  }

  #finish(error: StreamFollowError | undefined): void {
    this.end();
    this.#owner.onEnd(error);
  }
}
