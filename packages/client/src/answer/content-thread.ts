import { signUnsignedCalls } from '../request/stand-in-signature.ts';
import { ChunkReader } from '../wire/read-chunk.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import type { AnswerFacts, AnswerThread, AttemptTarget } from './answer-form.ts';

/** The request of `streamGenerateContent` for one model. */
export interface ContentRequest {
  readonly model: string;
  readonly url: URL;
  readonly request: GenerateContentRequest;
}

/** One answer of `streamGenerateContent`: each request has the whole conversation, and a token continues it. */
export class ContentThread implements AnswerThread {
  readonly canFollow = false;
  readonly mayRepeat = true;
  readonly endsWithErrorEvents = false;
  readonly eventsCount = 0;
  readonly interactionId = undefined;
  readonly #requests: readonly ContentRequest[];
  readonly #maxResponseBytes: number;

  constructor(requests: readonly ContentRequest[], maxResponseBytes: number) {
    this.#requests = requests;
    this.#maxResponseBytes = maxResponseBytes;
  }

  target(place: number, how: 'begin' | 'follow' | { readonly token: string }): AttemptTarget {
    const asked = this.#requests[place];
    if (asked === undefined) throw new RangeError(`no model has the place ${place}`);
    const request = signUnsignedCalls(asked.request, asked.model);
    const json = typeof how === 'object' ? { ...request, continuationToken: how.token } : request;
    return { method: 'POST', url: asked.url, json };
  }

  reader(): ChunkReader {
    return new ChunkReader(this.#maxResponseBytes);
  }

  facts(): AnswerFacts {
    return {};
  }
}
