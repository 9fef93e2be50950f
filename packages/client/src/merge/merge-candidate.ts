import type { EmitEvent, StoredStreamEvent } from '../stream/events.ts';
import { partEvent } from '../stream/part-event.ts';
import type { Candidate, Content, Part } from '../wire.ts';
import { createFunctionCalls, type FunctionCalls } from './function-calls.ts';
import { createMetadataMerger, type MetadataMerger } from './merge-metadata.ts';
import { appendPart } from './merge-parts.ts';
import { partSize } from './part-size.ts';

/** Grows one candidate of the response. */
export interface CandidateMerger {
  readonly candidate: Candidate;
  /** Takes in what a chunk says about it, and returns the size of what is new, in characters. */
  add(added: Candidate, emit: EmitEvent): number;
  /** The answer is whole: a call that is still open ends here, if the answer ended by itself. */
  finish(emit: EmitEvent): void;
}

type Fields = Record<string, unknown>;

const sourceNames = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

class Merger implements CandidateMerger {
  readonly candidate: Candidate;
  readonly #index: number;
  readonly #keepContent: boolean;
  // Those of the candidate's content, and the last of them while text may be joined to it.
  #parts: Part[] | undefined;
  #openText: Part | undefined;
  // Made when the first call or the first source comes: most answers have neither.
  #calls: FunctionCalls | undefined;
  #metadata: MetadataMerger | undefined;

  constructor(index: number, keepContent: boolean) {
    this.candidate = { index };
    this.#index = index;
    this.#keepContent = keepContent;
  }

  add(added: Candidate, emit: EmitEvent): number {
    let size = 0;
    let hasSources = false;
    const fields = added as Fields;
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined || value === null || name === 'index' || name === '__proto__') continue;
      if (name === 'content') size += this.#addContent(value, emit);
      else if (name === 'logprobsResult') size += this.#addLogprobs(value as Fields);
      else if ((sourceNames as readonly string[]).includes(name)) hasSources = true;
      else (this.candidate as Fields)[name] = value;
    }
    return hasSources ? size + this.#addSources(added, emit) : size;
  }

  finish(emit: EmitEvent): void {
    // At any other reason, such as the limit of tokens, the arguments may have been left off in the middle.
    if (this.candidate.finishReason === 'STOP') this.#calls?.close(emit);
  }

  #addContent(content: Content, emit: EmitEvent): number {
    const parts = (this.#parts ??= this.#begin(content));
    let size = 0;
    for (const part of content.parts ?? []) {
      size += partSize(part);
      if (part.functionCall) {
        (this.#calls ??= createFunctionCalls(this.#index)).add(part, parts, emit);
        if (parts.at(-1) !== this.#openText) this.#openText = undefined;
      } else {
        if (this.#keepContent) this.#openText = appendPart(parts, part, this.#openText);
        const event = partEvent(part, this.#index);
        if (event !== undefined) emit(event);
      }
    }
    if (!this.#keepContent && parts.length > 0) parts.length = 0;
    return size;
  }

  #begin({ role }: Content): Part[] {
    const parts: Part[] = [];
    this.candidate.content = { role: role ?? 'model', parts };
    return parts;
  }

  #addLogprobs(added: Fields): number {
    if (this.#keepContent) appendLogprobs(this.candidate, added);
    return JSON.stringify(added).length;
  }

  #addSources(added: Candidate, emit: EmitEvent): number {
    const metadata = this.#keepContent ? (this.#metadata ??= createMetadataMerger()) : undefined;
    let size = 0;
    const sources: Fields = {};
    for (const name of sourceNames) {
      const value = added[name];
      if (!value || Object.keys(value).length === 0) continue;
      size +=
        metadata === undefined
          ? JSON.stringify(value).length
          : metadata.add((this.candidate[name] ??= {}) as Fields, value as Fields);
      sources[name] = value;
    }
    if (Object.keys(sources).length > 0) {
      emit({ type: 'grounding', candidate: this.#index, ...sources } satisfies StoredStreamEvent);
    }
    return size;
  }
}

/** Merges field by field: parts are appended, sources merged, and of every other field the latest value stays. */
export function createCandidateMerger(index: number, keepContent: boolean): CandidateMerger {
  return new Merger(index, keepContent);
}

// Each chunk has the probabilities of its own tokens only: the lists follow one another.
function appendLogprobs(candidate: Candidate, added: Fields): void {
  const before = (candidate.logprobsResult ??= {}) as Fields;
  for (const [name, value] of Object.entries(added)) {
    if (name === '__proto__') continue;
    const list = before[name];
    if (!Array.isArray(value)) before[name] = value;
    else if (Array.isArray(list)) for (const item of value) list.push(item);
    else before[name] = [...(value as unknown[])];
  }
}
