import { ResponseMerger } from '../merge/merge-response.ts';
import type { Checkpoint } from '../types.ts';
import { withoutAbsent } from '../wire/absent.ts';
import type { AnswerThread } from './answer-form.ts';
import { Continuation, resumeMismatch } from './continuation.ts';
import type { LostAnswer } from './lost-answer.ts';
import { type WireEnd, judgeAnswer } from './outcome.ts';

/** The settings of an answer that its content depends on. */
export interface ContentSettings {
  readonly keepContent: boolean;
  readonly maxResponseBytes: number;
}

/**
 * The content of an answer so far: what one request brought, and what the requests brought that continue it. An answer
 * that begins again, with a retry or with another model, has a new one.
 */
export class AnswerContent {
  readonly thread: AnswerThread;
  readonly merger: ResponseMerger;
  readonly continuation: Continuation;
  /** The last place that an event named. */
  #checkpoint: Checkpoint | undefined;
  /** The size and the events before the present request. */
  #sizeBefore = 0;
  #eventsBefore = 0;
  /** The token with which the present request began. */
  #sentToken: string | undefined;
  /** An event that was cut has not come again. */
  #isInsideEvent = false;

  constructor(thread: AnswerThread, { keepContent, maxResponseBytes }: ContentSettings) {
    this.thread = thread;
    this.merger = new ResponseMerger(keepContent);
    this.continuation = new Continuation(maxResponseBytes);
  }

  /** Whether the present request has brought content, or an event of a run that can be followed. */
  get hasProgress(): boolean {
    return this.merger.size > this.#sizeBefore || this.hasFollowed;
  }

  /** Whether the present request has brought events of a run that can be followed. */
  get hasFollowed(): boolean {
    return this.thread.canFollow && this.thread.eventsCount > this.#eventsBefore;
  }

  /** Whether another process can continue the answer, or begin it again without loss. */
  get canHandOver(): boolean {
    return this.#checkpoint !== undefined || (this.merger.size === 0 && this.thread.mayRepeat);
  }

  /** Begins a request, and returns how it is sent. */
  beginRequest(isContinued: boolean): Parameters<AnswerThread['target']>[1] {
    this.#sentToken = isContinued && !this.thread.canFollow ? this.continuation.token : undefined;
    if (this.#sentToken !== undefined) return { token: this.#sentToken };
    return isContinued ? 'follow' : 'begin';
  }

  /** Returns the end of the present request as that of the answer, of which an earlier request may have brought more. */
  endRequest(wireEnd: WireEnd): WireEnd {
    const { hasProgress } = this;
    const end = this.#endOfAnswer(wireEnd, hasProgress);
    this.#isInsideEvent = end.isInsideEvent || (this.#isInsideEvent && !hasProgress);
    return end;
  }

  /** Prepares for a request that continues the answer. */
  expectRest(): void {
    // A run that is followed is one request of the server's own: its counts continue.
    if (!this.thread.canFollow) {
      this.merger.nextAttempt();
      this.continuation.rewind();
    }
    this.#sizeBefore = this.merger.size;
    this.#eventsBefore = this.thread.eventsCount;
  }

  /** Whether a request can continue the answer, from its place in a run or from a token. */
  canResume(isHandover: boolean): boolean {
    return this.thread.canFollow || this.#usableToken(isHandover) !== undefined;
  }

  /** Returns the place from which another process can continue the answer, if there is a new one. */
  takeCheckpoint(): Checkpoint | undefined {
    const { canFollow, interactionId } = this.thread;
    // The half of a character that is held back is in no event.
    const continuationToken = canFollow || this.merger.holdsHalf ? undefined : this.#usableToken(false);
    if (!canFollow && continuationToken === undefined) return undefined;
    const last = this.#checkpoint;
    if (last?.continuationToken === continuationToken && last?.interactionId === interactionId) return undefined;
    this.#checkpoint = withoutAbsent({ continuationToken, interactionId });
    return this.#checkpoint;
  }

  /** Takes over the content of an answer of another process. Returns whether another request can continue it. */
  adopt({ checkpoint, settled, repeated, hasPieces }: LostAnswer): boolean {
    for (const chunk of [...settled, ...repeated]) this.merger.add(chunk);
    if (checkpoint === undefined) return false;
    this.#checkpoint = checkpoint;
    const canCompare = this.continuation.adopt(checkpoint.continuationToken, repeated);
    return canCompare && !hasPieces && this.canResume(false);
  }

  /** Returns the token that continues the answer; `undefined` if no token came, or if the last one brought no new one. */
  #usableToken(isHandover: boolean): string | undefined {
    const { token } = this.continuation;
    if (isHandover) return token === this.#sentToken ? undefined : token;
    // A token speaks for one candidate: with several, another one's text could be lost between them.
    return (this.merger.response.candidates?.length ?? 0) <= 1 ? token : undefined;
  }

  #endOfAnswer(end: WireEnd, hasProgress: boolean): WireEnd {
    const { isBehind } = this.continuation;
    const { isWhole, blockReason, endedBy } = judgeAnswer(this.merger.response, end);
    if (!isWhole || blockReason !== undefined) return end;
    // If the resumed answer ends before repeating everything already delivered, it is a different answer.
    if (endedBy === 'end') return isBehind ? { ...end, error: resumeMismatch() } : end;
    return isBehind || (this.#isInsideEvent && !hasProgress) ? { ...end, isInsideEvent: true } : end;
  }
}
