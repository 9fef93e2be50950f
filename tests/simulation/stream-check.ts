import type { GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import type { GapEvent } from '@gemini/stream-manager';
import { promptFor } from '../soak/answer-check.ts';
import type { EpisodeRecord } from './episode-record.ts';
import type { StreamPlan } from './plan.ts';

/** The errors of a stream that ends for the readers of a log. */
const lossCodes = new Set(['producer-lost', 'history-lost', 'manager-closed', 'log-unavailable', 'duplicate-id']);

type Seen = GeminiStreamEvent | GapEvent;

/** Splits a position. Only the simulation looks into it, to check that nothing is missing. */
export function splitPosition(position: string): { readonly epoch: string; readonly index: number } {
  const at = position.lastIndexOf('-');
  return { epoch: position.slice(0, at), index: Number(position.slice(at + 1)) };
}

/** The facts of a stream that hold for all of its readers, on all processes: its text, the event at each position, its end. */
export class StreamCheck {
  readonly name: string;
  readonly prompt: string;
  readonly truth: string;
  readonly plan: StreamPlan;
  readonly record: EpisodeRecord;
  /** The producer left, or another one began, while the log was away: one position may stand for two events. */
  isTorn = false;
  readonly #events = new Map<string, string>();
  readonly #ends = new Map<string, string>();

  constructor(plan: StreamPlan, record: EpisodeRecord) {
    const { prompt, answer } = promptFor(plan.stream + 1, plan.words);
    this.name = `stream ${plan.stream}`;
    this.prompt = prompt;
    this.truth = answer;
    this.plan = plan;
    this.record = record;
  }

  violate(promise: string, detail: string): void {
    this.record.violate(promise, `${this.name}: ${detail}`);
  }

  /** Checks that every reader gets the same event at a position. */
  sameEvent(position: string, event: GeminiStreamEvent): void {
    const text = JSON.stringify(event);
    const known = this.#events.get(position);
    if (known === undefined) this.#events.set(position, text);
    else if (known !== text && !this.isTorn) {
      this.violate('one history', `two events at one position: ${known} and ${text}`);
    }
  }

  /** Checks that every reader of an epoch gets the same end. */
  sameEnd(epoch: string | undefined, status: string): void {
    if (epoch === undefined || this.isTorn) return;
    const known = this.#ends.get(epoch);
    if (known === undefined) this.#ends.set(epoch, status);
    else if (known !== status) this.violate('one end', `ended as ${known} and as ${status}`);
  }

  outcome(outcome: StreamOutcome): void {
    const { status, text, error, finishReason, endedBy, attempts } = outcome;
    const { truth, plan } = this;
    if (!truth.startsWith(text)) this.violate('text is true', `the outcome has ${JSON.stringify(text.slice(-60))}`);
    if (status === 'completed' && endedBy === 'end' && plan.keepContent && text !== truth) {
      this.violate('completed is whole', `completed with ${text.length} of ${truth.length} characters`);
    }
    if (status === 'completed' && finishReason === undefined) {
      this.violate('completed has a reason', 'completed without a finish reason');
    }
    if ((error === undefined) !== (status === 'completed' || status === 'blocked')) {
      this.violate('an error unless completed', `${status} with ${error?.code ?? 'no error'}`);
    }
    if (error?.code === 'first-content-timeout' && text !== '') {
      this.violate('limits mean what they say', `no first content, with ${text.length} characters`);
    }
    if (attempts < 0 || outcome.attemptReports.length > attempts) {
      this.violate('requests are counted', `${outcome.attemptReports.length} reports of ${attempts} requests`);
    }
  }
}

/** One reader, over all of its visits. */
export class ReaderCheck {
  readonly stream: StreamCheck;
  readonly name: string;
  /** The position of the last event. */
  position: string | undefined;
  #text = '';
  /** The reader has everything from the start. */
  #isWhole = true;
  #ends = 0;

  constructor(stream: StreamCheck, name: string) {
    this.stream = stream;
    this.name = name;
  }

  /** A visit begins: from the start, or from the reader's position, or somewhere. */
  begin(from: 'start' | 'now' | 'position'): void {
    this.#ends = 0;
    if (from === 'position' && this.position !== undefined) return;
    this.position = undefined;
    this.#text = '';
    this.#isWhole = from !== 'now';
  }

  /** An event with its position, of a reader that gets all of them. */
  item(event: Seen, position: string): void {
    const { epoch, index } = splitPosition(position);
    const last = this.position === undefined ? undefined : splitPosition(this.position);
    if (event.type === 'gap') {
      const from = splitPosition(event.from);
      if (last !== undefined && from.index !== last.index + 1) {
        this.#violate('positions are dense', `a gap from ${event.from} after ${this.position}`);
      }
      if (event.to !== position) this.#violate('positions are dense', `a gap to ${event.to} at ${position}`);
    } else {
      const isNext =
        last === undefined ? index === 0 || !this.#isWhole : last.epoch === epoch && index === last.index + 1;
      if (!isNext) this.#violate('positions are dense', `${position} after ${this.position ?? 'the start'}`);
      this.stream.sameEvent(position, event);
    }
    this.position = position;
    this.#see(event);
  }

  /** An event of a reader that gets only some of them. */
  some(event: Seen, position?: string): void {
    if (position !== undefined && this.position !== undefined) {
      const [last, next] = [splitPosition(this.position), splitPosition(position)];
      if (next.epoch !== last.epoch || next.index <= last.index) {
        this.#violate('nothing is doubled', `${position} after ${this.position}`);
      }
    }
    this.position = position ?? this.position;
    this.#see(event);
  }

  end(status: string, outcome: StreamOutcome | undefined): void {
    this.#ends += 1;
    this.stream.record.trace(`${this.stream.name} ${this.name} ends: ${status}`);
    if (this.#ends > 1) this.#violate('exactly one end', `${this.#ends} ends`);
    this.stream.sameEnd(this.position && splitPosition(this.position).epoch, status);
    if (outcome === undefined) return;
    this.stream.outcome(outcome);
    const isComparable = this.#isWhole && this.stream.plan.keepContent && !this.stream.isTorn;
    // The outcome of a lost process is made of what is still held: it may have less than this reader has had.
    const isMade = lossCodes.has(outcome.error?.code ?? '') && this.#text.startsWith(outcome.text);
    if (isComparable && !isMade && outcome.text !== this.#text) {
      this.#violate('the outcome has the text', `${outcome.text.length} characters, ${this.#text.length} delivered`);
    }
  }

  #see(event: Seen): void {
    this.stream.record.counts.readerEvents += 1;
    if (this.#ends > 0 && event.type !== 'end') this.#violate('the end is last', `a ${event.type} after it`);
    if (event.type === 'gap') this.#isWhole = false;
    else if ((event.type === 'retry' || event.type === 'fallback') && event.discardFrom === 0) {
      this.#text = '';
      this.#isWhole = true;
    } else if (event.type === 'text-delta' && event.candidate === 0) this.text(event.text);
  }

  /** A piece of the answer. */
  text(piece: string): void {
    const { truth, record, name, isTorn } = this.stream;
    record.trace(
      `${name} ${this.name} gets ${piece.length} at ${this.position === undefined ? '' : splitPosition(this.position).index}`,
    );
    this.#text += piece;
    const isTrue = this.#isWhole ? truth.startsWith(this.#text) : truth.includes(piece);
    if (!isTrue && !isTorn) {
      this.#violate('text is true', `${JSON.stringify(piece)} after ${this.#text.length - piece.length} characters`);
    }
  }

  #violate(promise: string, detail: string): void {
    this.stream.violate(promise, `${this.name}: ${detail}`);
  }
}
