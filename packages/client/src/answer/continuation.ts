import { GeminiError } from '../errors.ts';
import { partLabels } from '../merge/part-events.ts';
import { isAbsent } from '../wire/absent.ts';
import { isRecord } from '../wire/guard.ts';
import type { Candidate, GenerateContentResponse, Part } from '../wire/types.ts';

/**
 * The place from which another request can continue an answer: its last continuation token, and the content delivered
 * after it, at most `maxTailLength` characters. A longer tail is dropped with its token.
 */
export class Continuation {
  /** The last continuation token that came. */
  token: string | undefined;
  // Made with the first token: most answers have none.
  #tail: DeliveredTail | undefined;
  readonly #maxTailLength: number;

  constructor(maxTailLength: number) {
    this.#maxTailLength = maxTailLength;
  }

  /** Content that was delivered after the token has not come again yet. */
  get isBehind(): boolean {
    return this.#tail?.isBehind ?? false;
  }

  /**
   * Returns the chunk without the content that was delivered before. It is the same chunk if there is no such content.
   * @throws GeminiError `resume-mismatch`
   */
  follow(chunk: GenerateContentResponse): GenerateContentResponse {
    const { candidates } = chunk;
    if (this.#tail === undefined && !candidates?.some((candidate) => candidate.continuationToken)) return chunk;
    const tail = (this.#tail ??= new DeliveredTail());
    const fresh = { ...chunk, candidates: candidates?.map((candidate) => this.#followCandidate(candidate, tail)) };
    // Too much to compare with: the answer can no longer be resumed from this token, but it continues.
    if (tail.length > this.#maxTailLength) this.token = undefined;
    // All has come again, and nothing that follows will.
    if (this.token === undefined && tail.hasCaughtUp) this.#tail = undefined;
    return fresh;
  }

  /**
   * Continues an answer of another process, which has delivered this content after the token; without a token, from the
   * start. Returns `false` if it is too much to compare with.
   */
  adopt(token: string | undefined, delivered: readonly GenerateContentResponse[]): boolean {
    const tail = new DeliveredTail();
    for (const candidate of delivered.flatMap(({ candidates }) => candidates ?? [])) {
      tail.stripSources(candidate);
      for (const part of candidate.content?.parts ?? []) tail.note(part);
    }
    tail.rewind();
    this.token = token;
    this.#tail = tail;
    return tail.length <= this.#maxTailLength;
  }

  /** The next request continues from the token. */
  rewind(): void {
    this.#tail?.rewind();
  }

  #followCandidate(given: Candidate, tail: DeliveredTail): Candidate {
    const candidate = tail.stripSources(given);
    const parts = candidate.content?.parts ?? [];
    const fresh = tail.isBehind ? parts.map((part) => tail.strip(part)).filter((part) => part !== undefined) : parts;
    for (const part of fresh) tail.note(part);
    if (candidate.continuationToken) {
      this.token = candidate.continuationToken;
      tail.mark();
    }
    return fresh === parts ? candidate : { ...candidate, content: { ...candidate.content, parts: fresh } };
  }
}

interface Unit {
  readonly kind: 'text' | 'thought' | 'other';
  text: string;
}

/** Content delivered since the last continuation token. A resumed request repeats it, so it has to be removed. */
export class DeliveredTail {
  // Sources by their JSON, and how often each was delivered. They may differ when they come again, and are merged anyway.
  #sources = new Map<string, number>();
  #repeatedSources = new Map<string, number>();
  /** How many of the sources have not come again yet. */
  #sourcesLeft = 0;
  #sourcesLength = 0;
  #unitsLength = 0;
  #units: Unit[] = [];
  // The place of the last token, and how far the content after it has come again.
  #start = { index: 0, offset: 0 };
  #index = 0;
  #offset = 0;

  /** The length of the content that is kept for the comparison, in characters. */
  get length(): number {
    return this.#unitsLength + this.#sourcesLength;
  }

  /** Content that was delivered has not come again yet. */
  get isBehind(): boolean {
    return this.#index < this.#units.length;
  }

  /** All content and all sources that were delivered have come again. */
  get hasCaughtUp(): boolean {
    return !this.isBehind && this.#sourcesLeft === 0;
  }

  /** A token came: content that was delivered before it does not come again. */
  mark(): void {
    // Each chunk may have a token: content before it is dropped only if that is more than half.
    if (this.#index > this.#units.length / 2) {
      this.#units = this.#units.slice(this.#index);
      this.#index = 0;
      this.#unitsLength = this.#units.reduce((sum, unit) => sum + lengthOf(unit), 0);
    }
    this.#start = { index: this.#index, offset: this.#offset };
    // Those that have not come again yet were delivered after this token.
    this.#sources = new Map([...this.#repeatedSources].filter(([, left]) => left > 0));
    this.#sourcesLength = [...this.#sources.keys()].reduce((sum, json) => sum + unitLength + json.length, 0);
  }

  /** Notes a part that was delivered after the token. */
  note(part: Part): void {
    if (isLabel(part)) return;
    const unit = unitOf(part);
    const last = this.#units.at(-1);
    if (last !== undefined && last.kind === unit.kind && unit.kind !== 'other') {
      last.text += unit.text;
      this.#unitsLength += unit.text.length;
    } else {
      this.#units.push(unit);
      this.#unitsLength += lengthOf(unit);
    }
    this.#index = this.#units.length;
    this.#offset = 0;
  }

  /** The next request continues from the token. */
  rewind(): void {
    this.#index = this.#start.index;
    this.#offset = this.#start.offset;
    this.#repeatedSources = new Map(this.#sources);
    this.#sourcesLeft = [...this.#sources.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Returns the candidate without the sources that come again. Notes those that are new. */
  stripSources(candidate: Candidate): Candidate {
    let fresh = candidate;
    for (const name of sourceNames) {
      const value = candidate[name];
      if (!value) continue;
      const json = JSON.stringify(value);
      const left = this.#repeatedSources.get(json) ?? 0;
      if (left > 0) {
        this.#repeatedSources.set(json, left - 1);
        this.#sourcesLeft -= 1;
        const { [name]: _repeated, ...rest } = fresh;
        fresh = rest;
      } else {
        this.#sources.set(json, (this.#sources.get(json) ?? 0) + 1);
        this.#sourcesLength += unitLength + json.length;
      }
    }
    return fresh;
  }

  /**
   * Returns the new content of a part; `undefined` if all of it was delivered before.
   * @throws GeminiError `resume-mismatch` if the server says something else than the first time
   */
  strip(part: Part): Part | undefined {
    const { kind, text } = unitOf(part);
    const unit = this.#units[this.#index];
    if (unit === undefined) return part;
    if (isLabel(part)) return undefined;
    const expected = unit.text.slice(this.#offset);
    const isSame = kind === 'other' ? text === expected : expected.startsWith(text) || text.startsWith(expected);
    if (kind !== unit.kind || !isSame) throw resumeMismatch();
    const count = Math.min(text.length, expected.length);
    this.#step(unit, count);
    if (count === text.length) return undefined;
    if (this.isBehind) throw resumeMismatch();
    return { ...part, text: text.slice(count) };
  }

  #step(unit: Unit, count: number): void {
    this.#offset += count;
    if (this.#offset < unit.text.length) return;
    this.#index += 1;
    this.#offset = 0;
  }
}

/** The resumed answer differs from the delivered one: the delivered text cannot be completed. */
export function resumeMismatch(): GeminiError {
  return new GeminiError(
    'resume-mismatch',
    'the continued answer differs from what was delivered before the connection was lost',
  );
}

const sourceNames = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

/** The weight of a unit beside its text, in characters. */
const unitLength = 32;

function lengthOf({ text }: Unit): number {
  return unitLength + text.length;
}

/** Signatures are new in each answer: a part with nothing else is no content. */
function isLabel(part: Part): boolean {
  for (const name in part) if (!partLabels.has(name) && !isAbsent(part[name as keyof Part])) return false;
  return true;
}

function unitOf(part: Part): Unit {
  if (part.text) return { kind: part.thought ? 'thought' : 'text', text: part.text };
  const { thoughtSignature: _signature, ...content } = part;
  return { kind: 'other', text: sortedJson(content) };
}

/** Returns the JSON of a value with its fields in the order of their names: another process may write them in another. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_name, field: unknown) =>
    isRecord(field) ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
