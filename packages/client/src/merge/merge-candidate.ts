import type { EmitEvent, StoredStreamEvent } from '../types.ts';
import { isAbsent, withoutAbsent } from '../wire/absent.ts';
import type { Candidate, Content, Part } from '../wire/types.ts';
import { FunctionCalls } from './function-calls.ts';
import { MetadataMerger } from './merge-metadata.ts';
import { emitPartEvents, partLabels } from './part-events.ts';
import { jsonLength } from './sizes.ts';

type Fields = Record<string, unknown>;

const sourceNames = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

/** The length of a candidate beside its fields, in characters. */
const candidateLength = 32;

/**
 * Grows one candidate of the response, field by field: parts are appended, sources merged, and of every other field the
 * latest value is kept.
 */
export class CandidateMerger {
  readonly candidate: Candidate;
  /** There is something to use: text that is no thought, a call, a file, code or a result. */
  hasContent = false;
  readonly #index: number;
  readonly #keepContent: boolean;
  // The first half of a character at the end of the last text.
  #heldHalf: { readonly type: 'text-delta' | 'thought-delta'; readonly text: string } | undefined;
  // The parts of the candidate's content, and the last one if more text may be appended to it.
  #parts: Part[] | undefined;
  #openText: Part | undefined;
  // Without content: the length of the fields that are held, and of the candidate itself.
  #fieldsLength = candidateLength;
  // Made with the first call or the first source: most answers have neither.
  #calls: FunctionCalls | undefined;
  #metadata: MetadataMerger | undefined;

  constructor(index: number, keepContent: boolean) {
    this.candidate = { index };
    this.#index = index;
    this.#keepContent = keepContent;
  }

  /**
   * The length of all that it holds beside the payloads that it was read from, in characters. If no content is kept,
   * that is all that it holds.
   */
  get heldLength(): number {
    if (this.#keepContent) return this.#calls?.expandedLength ?? 0;
    return this.#fieldsLength + (this.#calls?.openLength ?? 0);
  }

  /** Whether half a character waits for its other half. */
  get holdsHalf(): boolean {
    return this.#heldHalf !== undefined;
  }

  /** Adds the fields of a chunk's candidate, and returns how much new content they bring: 0 for none. */
  add(added: Candidate, emit: EmitEvent): number {
    let size = 0;
    let hasSources = false;
    const fields = added as Fields;
    for (const name in fields) {
      const value = fields[name];
      // Absent, it does not replace the value of an earlier chunk.
      if (isAbsent(value) || name === 'index' || name === '__proto__') continue;
      if (name === 'content') size += this.#addContent(value, emit);
      else if (name === 'logprobsResult') size += this.#addLogprobs(value as Fields);
      else if ((sourceNames as readonly string[]).includes(name)) hasSources = true;
      else this.#setField(name, value);
    }
    return hasSources ? size + this.#addSources(added, emit) : size;
  }

  /** Ends a call that is still open, if the answer is whole and ended by itself. */
  finish(emit: EmitEvent): void {
    // At any other reason, such as the limit of tokens, the arguments may be incomplete.
    if (this.candidate.finishReason?.toUpperCase() === 'STOP') this.#calls?.close(emit);
  }

  /** Emits the half of a character that was held back: its other half never came. */
  flush(emit: EmitEvent): void {
    if (this.#heldHalf === undefined) return;
    const half = this.#heldHalf;
    this.#heldHalf = undefined;
    emit({ ...half, candidate: this.#index });
  }

  #setField(name: string, value: unknown): void {
    const fields = this.candidate as Fields;
    if (!this.#keepContent) {
      const before = fields[name];
      this.#fieldsLength += name.length + jsonLength(value);
      if (before !== undefined) this.#fieldsLength -= name.length + jsonLength(before);
    }
    fields[name] = value;
  }

  #addContent(content: Content, emit: EmitEvent): number {
    const parts = (this.#parts ??= this.#begin(content));
    let size = 0;
    for (const sent of content.parts ?? []) {
      // Nearly every part is one text: it needs one look, not one for each question below.
      if (isTextAlone(sent)) {
        size += sent.text.length;
        this.hasContent = true;
        if (this.#keepContent) this.#openText = appendText(parts, sent, this.#openText);
        this.#emitText(sent.text, sent, emit);
        continue;
      }
      const part = withoutAbsentFields(sent);
      size += contentSize(part);
      this.hasContent ||= isUsable(part);
      if (part.functionCall) {
        this.flush(emit);
        (this.#calls ??= new FunctionCalls(this.#index)).add(part, parts, emit);
        if (parts.at(-1) !== this.#openText) this.#openText = undefined;
      } else {
        if (this.#keepContent) this.#openText = appendPart(parts, part, this.#openText);
        this.#emitPart(part, emit);
      }
    }
    if (!this.#keepContent && parts.length > 0) parts.length = 0;
    return size;
  }

  /** Emits the events of a part that is no call. Holds half a surrogate pair back until the text continues. */
  #emitPart(part: Part, emit: EmitEvent): void {
    if (part.text) this.#emitText(part.text, part, emit);
    else this.flush(emit);
    emitPartEvents(part, this.#index, emit);
  }

  #emitText(received: string, { thought, thoughtSignature }: Part, emit: EmitEvent): void {
    const type = thought ? 'thought-delta' : 'text-delta';
    let text = received;
    if (this.#heldHalf?.type === type) {
      text = this.#heldHalf.text + text;
      this.#heldHalf = undefined;
    } else this.flush(emit);
    if (isHighSurrogate(text.charCodeAt(text.length - 1))) {
      this.#heldHalf = { type, text: text.slice(-1) };
      text = text.slice(0, -1);
      if (text === '' && thoughtSignature === undefined) return;
    }
    if (thoughtSignature === undefined) emit({ type, text, candidate: this.#index });
    else emit({ type, text, thoughtSignature, candidate: this.#index });
  }

  #begin({ role }: Content): Part[] {
    const parts: Part[] = [];
    this.candidate.content = { role: role ?? 'model', parts };
    if (!this.#keepContent) this.#fieldsLength += role?.length ?? 0;
    return parts;
  }

  #addLogprobs(added: Fields): number {
    if (this.#keepContent) appendLogprobs(this.candidate, added);
    return Object.keys(added).length;
  }

  #addSources(added: Candidate, emit: EmitEvent): number {
    const metadata = this.#keepContent ? (this.#metadata ??= new MetadataMerger()) : undefined;
    let size = 0;
    const sources: Fields = {};
    for (const name of sourceNames) {
      const value = added[name];
      if (!value || Object.keys(value).length === 0) continue;
      size += metadata === undefined ? 1 : metadata.add((this.candidate[name] ??= {}) as Fields, value as Fields);
      sources[name] = value;
    }
    if (Object.keys(sources).length > 0) {
      emit({ type: 'grounding', candidate: this.#index, ...sources } satisfies StoredStreamEvent);
    }
    return size;
  }
}

/** Whether a part is something to use. A signature, a label or a thought alone is not. */
function isUsable(part: Part): boolean {
  if (part.thought === true) return false;
  for (const name in part) if (!partLabels.has(name) && !isAbsent(part[name as keyof Part])) return true;
  return false;
}

/** Whether a part is a text and nothing else. */
function isTextAlone(part: Part): part is Part & { text: string } {
  if (typeof part.text !== 'string' || part.text === '') return false;
  for (const name in part) if (name !== 'text') return false;
  return true;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/**
 * Returns the same part without its absent fields, apart from an empty text. An absent signature would keep its text apart,
 * and the API refuses it in a history.
 */
function withoutAbsentFields(part: Part): Part {
  for (const name in part) {
    if (name === 'text' || !isAbsent(part[name as keyof Part])) continue;
    const { text } = part;
    return { ...(typeof text === 'string' ? { text } : {}), ...withoutAbsent(part) };
  }
  return part;
}

/** Returns how much content a part brings: the length of its text, and 1 for each other field. */
function contentSize(part: Part): number {
  let size = part.text?.length ?? 0;
  for (const name in part) if (name !== 'text' && name !== 'thought') size += 1;
  return size;
}

// Each chunk has only the probabilities of its own tokens: the lists are joined.
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

/**
 * Appends a part. Text is joined to text of the same kind if neither has a signature: a signature belongs to its part
 * and goes back to the API on it. An empty text without a signature is left out, because the API does not accept it in a
 * history. `open` is the last part, if more text may be appended to it; returns the next such part.
 */
function appendPart(parts: Part[], part: Part, open: Part | undefined): Part | undefined {
  if (!isPlainText(part)) {
    if (Object.keys(part).length === 0) return open;
    parts.push({ ...part });
    return undefined;
  }
  return part.text === '' ? open : appendText(parts, part, open);
}

function appendText(parts: Part[], part: Part, open: Part | undefined): Part {
  if (open !== undefined && Boolean(open.thought) === Boolean(part.thought)) {
    open.text = (open.text ?? '') + (part.text ?? '');
    return open;
  }
  const copy = { ...part };
  parts.push(copy);
  return copy;
}

function isPlainText(part: Part): boolean {
  if (typeof part.text !== 'string') return false;
  for (const name in part) if (name !== 'text' && name !== 'thought') return false;
  return true;
}
