import { setField } from '../wire/guard.ts';
import { JsonLexer, type JsonTokenObserver } from './json-lexer.ts';
import type { StringGrowth } from './string-growth.ts';

/** The value of a JSON text. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** The end of a text. `incomplete`: it ended before its value did. `offset` is in characters. */
type JsonEnd =
  | { readonly status: 'whole'; readonly value: JsonValue }
  | { readonly status: 'incomplete' }
  | { readonly status: 'invalid'; readonly offset: number };

/** How deep arrays and objects may lie in each other; a deeper text is invalid. */
export const maxJsonDepth = 256;

/** An array or object that is not closed yet. `growth` is `undefined` if no string in it may be shown early. */
type Frame = ArrayFrame | ObjectFrame;

interface ArrayFrame {
  readonly items: JsonValue[];
  readonly growth: StringGrowth | undefined;
}

interface ObjectFrame {
  readonly fields: Record<string, JsonValue>;
  readonly growth: StringGrowth | undefined;
  /** The key whose value comes next. */
  key: string | undefined;
  count: number;
}

interface OpenString {
  text: string;
  readonly isShown: boolean;
  /** It ends in half a surrogate pair: the other half comes with the next piece. */
  endsInHalf: boolean;
}

type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'nothing';

/**
 * Builds the value of a JSON text that comes in pieces. Numbers, literals and keys are shown when they are whole; strings
 * too, unless `growth` lets them be shown from their first character. White space and one Markdown fence around the
 * value are skipped.
 */
export class JsonBuilder implements JsonTokenObserver {
  readonly #growth: StringGrowth | undefined;
  readonly #lexer: JsonLexer;
  readonly #stack: Frame[] = [];
  #expected: Expected = 'value';
  #root: JsonValue | undefined;
  #open: OpenString | undefined;
  #fencesCount = 0;
  #hasMore = false;
  #isInvalid = false;

  constructor(growth?: StringGrowth) {
    this.#growth = growth;
    this.#lexer = new JsonLexer(this);
  }

  /** The cost of a partial now: 1 for each item that it copies, and 4 for each field. */
  get partialCost(): number {
    return this.#stack.reduce((sum, frame) => sum + ('items' in frame ? frame.items.length : 4 * frame.count), 0);
  }

  /** Takes the next piece. Returns whether there is more to show than before. */
  push(text: string): boolean {
    this.#hasMore = false;
    if (!this.#isInvalid) this.#isInvalid = !this.#lexer.push(text);
    return this.#hasMore;
  }

  /**
   * Returns the value so far as a new object; `undefined` before the first value. Only arrays and objects that are still
   * open are copied: those that are whole are the same each time.
   */
  partial(): JsonValue | undefined {
    let inner: JsonValue | undefined = this.#open?.isShown === true ? wholeCharacters(this.#open) : this.#root;
    for (const frame of this.#stack.toReversed()) {
      if ('items' in frame) inner = inner === undefined ? [...frame.items] : [...frame.items, inner];
      else {
        const fields = { ...frame.fields };
        if (inner !== undefined && frame.key !== undefined) setField(fields, frame.key, inner);
        inner = fields;
      }
    }
    return inner;
  }

  end(): JsonEnd {
    this.#isInvalid ||= !this.#lexer.end();
    if (this.#isInvalid) return { status: 'invalid', offset: this.#lexer.offset };
    const isWhole = this.#expected === 'nothing' && this.#root !== undefined;
    return isWhole ? { status: 'whole', value: this.#root as JsonValue } : { status: 'incomplete' };
  }

  onPunctuation(character: string): void {
    if (character === '[') this.#openFrame({ items: [], growth: this.#growthHere() }, 'value-or-close');
    else if (character === '{') {
      this.#openFrame({ fields: {}, count: 0, key: undefined, growth: this.#growthHere() }, 'key-or-close');
    } else if (character === ',') this.#separate();
    else if (character !== ':') this.#closeFrame(character === ']');
    else if (this.#expected === 'colon') this.#expected = 'value';
    else this.#reject();
  }

  onStringStart(): void {
    const isValue = this.#isValueNext();
    if (!isValue && this.#expected !== 'key' && this.#expected !== 'key-or-close') return this.#reject();
    const isShown = isValue && this.#growthHere()?.grows === true;
    this.#open = { text: '', isShown, endsInHalf: false };
    if (isShown) this.#hasMore = true;
  }

  onStringPiece(text: string): void {
    if (this.#open === undefined) return;
    this.#open.text += text;
    this.#open.endsInHalf = isHighSurrogate(text.charCodeAt(text.length - 1));
    if (this.#open.isShown) this.#hasMore = true;
  }

  onStringEnd(): void {
    const text = this.#open?.text ?? '';
    this.#open = undefined;
    if (this.#isValueNext()) return this.#place(text);
    const frame = this.#stack.at(-1);
    if (frame === undefined || 'items' in frame) return this.#reject();
    frame.key = text;
    this.#expected = 'colon';
  }

  onScalarStart(): void {
    if (!this.#isValueNext()) this.#reject();
  }

  onScalar(value: number | boolean | null): void {
    this.#place(value);
  }

  onFence(): void {
    const isOpening = this.#fencesCount === 0 && this.#expected === 'value' && this.#stack.length === 0;
    const isClosing = this.#fencesCount === 1 && this.#expected === 'nothing';
    this.#fencesCount += 1;
    if (!isOpening && !isClosing) this.#reject();
  }

  #reject(): void {
    this.#isInvalid = true;
    this.#lexer.reject();
  }

  #isValueNext(): boolean {
    return this.#expected === 'value' || this.#expected === 'value-or-close';
  }

  #growthHere(): StringGrowth | undefined {
    const frame = this.#stack.at(-1);
    if (frame === undefined) return this.#growth;
    if ('items' in frame) return frame.growth?.item(frame.items.length);
    return frame.key === undefined ? undefined : frame.growth?.property(frame.key);
  }

  #place(value: JsonValue): void {
    const frame = this.#stack.at(-1);
    if (frame === undefined) this.#root = value;
    else if ('items' in frame) frame.items.push(value);
    else {
      setField(frame.fields, frame.key ?? '', value);
      frame.count += 1;
    }
    this.#expected = frame === undefined ? 'nothing' : 'comma-or-close';
    this.#hasMore = true;
  }

  #openFrame(frame: Frame, next: Expected): void {
    if (!this.#isValueNext() || this.#stack.length === maxJsonDepth) return this.#reject();
    this.#stack.push(frame);
    this.#expected = next;
    this.#hasMore = true;
  }

  #closeFrame(isArray: boolean): void {
    const frame = this.#stack.at(-1);
    const mayClose = this.#expected === (isArray ? 'value-or-close' : 'key-or-close');
    if (frame === undefined || 'items' in frame !== isArray) return this.#reject();
    if (!mayClose && this.#expected !== 'comma-or-close') return this.#reject();
    this.#stack.pop();
    // A bracket that closes shows nothing new.
    const hadMore = this.#hasMore;
    this.#place('items' in frame ? frame.items : frame.fields);
    this.#hasMore = hadMore;
  }

  #separate(): void {
    const frame = this.#stack.at(-1);
    if (this.#expected !== 'comma-or-close' || frame === undefined) return this.#reject();
    this.#expected = 'items' in frame ? 'value' : 'key';
  }
}

// Without a look at the text, which would copy all its pieces into one each time.
function wholeCharacters({ text, endsInHalf }: OpenString): string {
  return endsInHalf ? text.slice(0, -1) : text;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
