import type { StreamOutcome } from '@gemini/client';

type Usage = NonNullable<StreamOutcome['usage']>;

/** The counts of one answer, or of several. */
interface Counts {
  readonly prompt: number;
  readonly answer: number;
  readonly thoughts: number;
  readonly total: number;
}

const zero: Counts = { prompt: 0, answer: 0, thoughts: 0, total: 0 };

/** Counts the tokens of a conversation. Answers without a count are not in the sum, and are reported. */
export class TokenCount {
  #last: Counts | undefined;
  #sum = zero;
  #answers = 0;
  #uncounted = 0;

  add({ usage }: Pick<StreamOutcome, 'usage'>): void {
    this.#answers += 1;
    this.#last = usage === undefined ? undefined : countsOf(usage);
    if (this.#last === undefined) this.#uncounted += 1;
    else this.#sum = plus(this.#sum, this.#last);
  }

  /** The last answer and the sum, in words. */
  get text(): string {
    if (this.#answers === 0) return 'no answer yet';
    const last = this.#last === undefined ? 'not reported by the server' : inWords(this.#last);
    const missing = this.#uncounted === 0 ? '' : ` (${this.#uncounted} not reported)`;
    return `last answer: ${last}\n${this.#answers === 1 ? '1 answer' : `${this.#answers} answers`}: ${inWords(this.#sum)}${missing}`;
  }
}

function countsOf(usage: Usage): Counts {
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage;
  const parts = promptTokenCount + candidatesTokenCount + thoughtsTokenCount;
  return {
    prompt: promptTokenCount,
    answer: candidatesTokenCount,
    thoughts: thoughtsTokenCount,
    total: usage.totalTokenCount ?? parts,
  };
}

function plus(left: Counts, right: Counts): Counts {
  return {
    prompt: left.prompt + right.prompt,
    answer: left.answer + right.answer,
    thoughts: left.thoughts + right.thoughts,
    total: left.total + right.total,
  };
}

function inWords({ prompt, answer, thoughts, total }: Counts): string {
  const counts = [
    `${total.toLocaleString('en-US')} tokens`,
    `${prompt.toLocaleString('en-US')} prompt`,
    `${answer.toLocaleString('en-US')} answer`,
    ...(thoughts === 0 ? [] : [`${thoughts.toLocaleString('en-US')} thoughts`]),
  ];
  return counts.join(' · ');
}
