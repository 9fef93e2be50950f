import type { Checkpoint } from '../types.ts';
import type { InteractionRequest, InteractionStep } from '../wire/interaction-types.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import type { RequestParameters } from './request-parameters.ts';

/** The API that answers a stream. */
export interface AnswerForm {
  /** Begins one answer, or continues one of another process from a place. A retry begins another one. */
  begin(checkpoint?: Checkpoint): AnswerThread;
  /**
   * The first body for a model of the list, for diagnostics; `undefined` if the answer exists already. Not a copy: it may
   * not be changed.
   */
  body(place: number): GenerateContentRequest | InteractionRequest | undefined;
  /** The settings of that body. */
  parameters(place: number): RequestParameters;
}

/** The requests of one answer, from the first to those that continue it. */
export interface AnswerThread {
  /**
   * An event that could not be told again continues the answer: the server keeps its events, and this thread knows its
   * place among them.
   */
  readonly canFollow: boolean;
  /** Whether the first request may be sent again. A run that the server continues by itself is not started twice. */
  readonly mayRepeat: boolean;
  /** Whether an error that comes as an event ends the answer: nothing continues it. */
  readonly endsWithErrorEvents: boolean;
  /** The events so far, without those that came again. */
  readonly eventsCount: number;
  /** The interaction that answers, if the API has interactions and this one is stored. */
  readonly interactionId: string | undefined;
  /** Returns the request for a model of the list. A token continues the answer, `follow` continues it from its place. */
  target(place: number, how: 'begin' | 'follow' | { readonly token: string }): AttemptTarget;
  /** Returns the reader of the next response. */
  reader(): PayloadReader;
  /** The facts for the outcome. */
  facts(): AnswerFacts;
}

/** One HTTP request. */
export interface AttemptTarget {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** The body of a `POST`. */
  readonly json?: object | undefined;
}

/** Reads the payloads of one response. */
export interface PayloadReader {
  /** Redacted in the errors that the server sends. */
  apiKey: string | undefined;
  /** Events of a kind that this version does not know. */
  readonly unknownEvents: number;
  /** The last payload as it came. */
  raw: object | undefined;
  /**
   * Returns the chunk of one event; `undefined` for an event without content.
   * @throws GeminiError `api-error` for an error that was sent as an event, `invalid-chunk` for anything unreadable
   */
  read(data: string, event?: string): GenerateContentResponse | undefined;
}

/** Facts of an answer that only some APIs have. */
export interface AnswerFacts {
  readonly interactionId?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly steps?: readonly InteractionStep[] | undefined;
}
