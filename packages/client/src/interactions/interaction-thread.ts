import type { AnswerFacts, AnswerThread, AttemptTarget, PayloadReader } from '../answer/answer-form.ts';
import { resumeMismatch } from '../answer/continuation.ts';
import type { Checkpoint } from '../types.ts';
import { presentText } from '../wire/absent.ts';
import { isRecord } from '../wire/guard.ts';
import { InteractionEvents, isInteractionEvent } from '../wire/interactions.ts';
import type { InteractionRequest } from '../wire/interaction-types.ts';
import { parsePayload } from '../wire/read-chunk.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import { StepCollector } from './step-collector.ts';

/** The addresses of interactions, and the limits of their streams. */
export interface InteractionSettings {
  /** Of `POST`. */
  readonly url: URL;
  /** Of the stream of one interaction, after an event. */
  followUrl(id: string, lastEventId: string | undefined): URL;
  readonly maxResponseBytes: number;
  readonly keepSteps: boolean;
}

/** The beginning of an answer: a request, or an interaction that exists. */
export type InteractionStart =
  | { readonly type: 'create'; readonly bodies: readonly InteractionRequest[] }
  | { readonly type: 'follow'; readonly id: string; readonly after: string | undefined };

/** The most events that a server may tell again after a place. More than that, and the answer cannot be followed. */
const maxRepeatedEvents = 1_000_000;

/**
 * One answer of the Interactions API, over all its requests. There are two ways to continue: a token makes another
 * interaction, which generates what follows the token; a run that the server continues by itself is followed from the last
 * event with an id.
 */
export class InteractionThread implements AnswerThread {
  readonly endsWithErrorEvents = true;
  eventsCount = 0;
  readonly #start: InteractionStart;
  readonly #settings: InteractionSettings;
  readonly #collector: StepCollector | undefined;
  #id: string | undefined;
  #lastEventId: string | undefined;
  /** The fingerprints of the events after the last one with an id: they come again. */
  #sinceId: number[] = [];
  /** How many of them have come again; `undefined` if nothing is repeated. */
  #repeated: number | undefined;
  #hasToken: boolean;
  /** Another process could follow it. */
  readonly #isFollowed: boolean;
  /** Calls whose arguments are still coming stay over a lost connection: their beginning is not told again. */
  #events: InteractionEvents;
  /** The interaction that issued the last token. */
  #issuer: string | undefined;

  /** `checkpoint` is a place in the answer of another process: a token, or an interaction to follow from its start. */
  constructor(start: InteractionStart, settings: InteractionSettings, checkpoint: Checkpoint = {}) {
    const { interactionId, continuationToken } = checkpoint;
    const hasToken = continuationToken !== undefined;
    this.#start = start;
    this.#settings = settings;
    // The steps before a token are those of another process.
    this.#collector = settings.keepSteps && !hasToken ? new StepCollector() : undefined;
    this.#events = new InteractionEvents(settings.maxResponseBytes);
    this.#hasToken = hasToken;
    this.#issuer = hasToken ? interactionId : undefined;
    this.#id = interactionId;
    this.#isFollowed = interactionId !== undefined && !hasToken;
    if (start.type === 'follow') {
      this.#id = start.id;
      this.#lastEventId = start.after;
    }
  }

  get interactionId(): string | undefined {
    return this.#id;
  }

  get canFollow(): boolean {
    if (this.#id === undefined || this.#sinceId.length > maxRepeatedEvents) return false;
    // In the foreground, ids were not seen in the wild; if they come, and no token does, they are worth a try.
    return this.#isRun || this.#isFollowed || (this.#lastEventId !== undefined && !this.#hasToken);
  }

  get mayRepeat(): boolean {
    return !(this.#isRun && (this.#id !== undefined || this.eventsCount > 0));
  }

  target(place: number, how: 'begin' | 'follow' | { readonly token: string }): AttemptTarget {
    const start = this.#start;
    if (how === 'follow' || start.type === 'follow') {
      this.#repeated = 0;
      return { method: 'GET', url: this.#settings.followUrl(this.#id ?? '', this.#lastEventId) };
    }
    const body = start.bodies[place];
    if (body === undefined) throw new RangeError(`no model has the place ${place}`);
    const json = { ...(how === 'begin' ? body : this.#hop(body, how.token)), stream: true };
    return { method: 'POST', url: this.#settings.url, json };
  }

  reader(): PayloadReader {
    return new InteractionReader(this, this.#events);
  }

  facts(): AnswerFacts {
    const steps = this.#collector === undefined ? {} : { steps: this.#collector.steps() };
    return { interactionId: this.#id, lastEventId: this.#lastEventId, ...steps };
  }

  /**
   * Takes an event. Returns whether it is a new one.
   * @throws GeminiError `resume-mismatch` if it is not the one that came the first time
   */
  take(event: Readonly<Record<string, unknown>>): boolean {
    if (this.#repeated !== undefined && this.#repeated < this.#sinceId.length) {
      if (this.#sinceId[this.#repeated] !== fingerprint(event)) throw resumeMismatch();
      this.#repeated += 1;
      return false;
    }
    this.eventsCount += 1;
    const id = presentText(event['event_id']);
    if (id !== undefined) {
      this.#lastEventId = id;
      this.#sinceId = [];
    } else if (this.#canRepeat && this.#sinceId.length <= maxRepeatedEvents) {
      this.#sinceId.push(fingerprint(event));
    }
    // Of the events after the id, none is repeated any more.
    this.#repeated = undefined;
    this.#noteInteraction(event);
    this.#collector?.add(event);
    return true;
  }

  /** Whether the stream can be followed from an event, after which others come again. */
  get #canRepeat(): boolean {
    return this.#isRun || this.#lastEventId !== undefined;
  }

  get #isRun(): boolean {
    const start = this.#start;
    if (start.type === 'follow') return true;
    return start.bodies.some(({ background, agent }) => background === true || agent !== undefined);
  }

  #noteInteraction(event: Readonly<Record<string, unknown>>): void {
    const { interaction, continuation_token: token } = event;
    const inner =
      typeof interaction === 'object' && interaction !== null ? (interaction as Record<string, unknown>) : {};
    // An interaction that is not stored has an empty id.
    this.#id = presentText(inner['id']) ?? presentText(event['interaction_id']) ?? this.#id;
    if (presentText(token ?? inner['continuation_token']) === undefined) return;
    this.#hasToken = true;
    this.#issuer = this.#id;
    this.#collector?.mark();
  }

  /** Returns the body of the request that continues from a token, in an interaction of its own. */
  #hop(body: InteractionRequest, token: string): InteractionRequest {
    this.#collector?.rewind();
    this.#events = new InteractionEvents(this.#settings.maxResponseBytes);
    this.#lastEventId = undefined;
    this.#sinceId = [];
    this.#repeated = undefined;
    const { input: _input, ...rest } = body;
    if (body.store === false || this.#issuer === undefined) return { ...body, continuation_token: token };
    return { ...rest, previous_interaction_id: this.#issuer, continuation_token: token };
  }
}

/** Returns a number that is the same for an event that a server tells again, and different for nearly all others. */
function fingerprint({ event_type: type, index, delta }: Readonly<Record<string, unknown>>): number {
  const { text, arguments: args, content } = isRecord(delta) ? delta : {};
  const summary = isRecord(content) ? content['text'] : undefined;
  const told = [type, index, text, args, summary].filter(isScalar).join(' ');
  let hash = 0;
  for (let at = 0; at < told.length; at += 1) hash = (Math.imul(hash, 31) + told.charCodeAt(at)) | 0;
  return hash;
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** Reads the events of one response. */
class InteractionReader implements PayloadReader {
  apiKey: string | undefined;
  unknownEvents = 0;
  raw: object | undefined;
  readonly #thread: InteractionThread;
  readonly #events: InteractionEvents;
  #index = 0;

  constructor(thread: InteractionThread, events: InteractionEvents) {
    this.#thread = thread;
    this.#events = events;
  }

  read(data: string, event?: string): GenerateContentResponse | undefined {
    const index = this.#index;
    this.#index += 1;
    const payload = parsePayload(data, { index, apiKey: this.apiKey }, event);
    this.raw = payload;
    // A chunk of the other API, from a gateway.
    if (payload === undefined || !isInteractionEvent(payload)) return payload;
    if (!this.#thread.take(payload as Readonly<Record<string, unknown>>)) return undefined;
    const chunk = this.#events.chunk(payload, data.length, index);
    if (chunk === undefined) this.unknownEvents += 1;
    return chunk ?? {};
  }
}
