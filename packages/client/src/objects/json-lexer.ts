/** Called with the tokens of a JSON text. A string comes in as many pieces as its text; every other token is whole. */
export interface JsonTokenObserver {
  /** One of `{ } [ ] : ,`. */
  onPunctuation(character: string): void;
  onStringStart(): void;
  onStringPiece(text: string): void;
  onStringEnd(): void;
  /** A number or a literal begins. */
  onScalarStart(): void;
  /** A number, `true`, `false` or `null`. */
  onScalar(value: number | boolean | null): void;
  /** A fence of three backticks begins, outside of any string. */
  onFence(): void;
}

type Mode = 'between' | 'string' | 'escape' | 'unicode' | 'word' | 'fence' | 'fence-info' | 'invalid';

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const wordCharacter = /[\w.+-]/;
const fenceInfo = /^(?:json)?[ \t\r]*$/i;
const fenceInfoStart = /^(?:j|js|jso|json[ \t\r]*|[ \t\r]*)$/i;

/** The longest line that may follow the backticks of a fence: `json` and some white space. */
const maxFenceInfoLength = 16;

/** Reads a JSON text (RFC 8259) in pieces, each character once. Also knows the fence that Markdown puts around code. */
export class JsonLexer {
  /** The characters that were read: the place of the error, if `push` or `end` returned `false`. */
  offset = 0;
  readonly #observer: JsonTokenObserver;
  #mode: Mode = 'between';
  /** The beginning of a word, of four hexadecimal digits, of the backticks or of the words after them. */
  #held = '';

  constructor(observer: JsonTokenObserver) {
    this.#observer = observer;
  }

  /** Returns `false` from the first character on that cannot be in a JSON text. */
  push(text: string): boolean {
    let at = 0;
    while (at < text.length && this.#mode !== 'invalid') at = this.#step(text, at);
    this.offset += at;
    return this.#mode !== 'invalid';
  }

  /** Completes a number or a literal that only the end of the text ends. Returns `false` if the text is invalid. */
  end(): boolean {
    if (this.#mode === 'word' && (readJsonWord(this.#held) !== undefined || !mayBecomeJsonWord(this.#held))) {
      this.#mode = 'between';
      this.#finishWord();
    }
    return this.#mode !== 'invalid';
  }

  /** Rejects the present token: it has no place where it stands. Nothing more is read. */
  reject(): void {
    this.#mode = 'invalid';
  }

  /** Reads from `start` as far as the mode goes, and returns where it stopped. */
  #step(text: string, start: number): number {
    const character = text.charAt(start);
    switch (this.#mode) {
      case 'between':
        return this.#readBetween(character, start);
      case 'string':
        return this.#readString(text, start);
      case 'escape': {
        const unescaped = escapes[character];
        this.#mode = 'string';
        if (unescaped !== undefined) this.#observer.onStringPiece(unescaped);
        else this.#mode = character === 'u' ? 'unicode' : 'invalid';
        return start + 1;
      }
      case 'unicode':
        if (!/[\da-fA-F]/.test(character)) this.#mode = 'invalid';
        this.#held += character;
        if (this.#held.length === 4 && this.#mode === 'unicode') {
          this.#observer.onStringPiece(String.fromCharCode(Number.parseInt(this.#held, 16)));
          this.#held = '';
          this.#mode = 'string';
        }
        return start + 1;
      case 'word':
        return this.#readWord(text, start);
      case 'fence':
        this.#held += character;
        if (character !== '`') this.#mode = 'invalid';
        else if (this.#held === '```') {
          this.#held = '';
          this.#mode = 'fence-info';
        }
        return start + 1;
      case 'fence-info':
        if (character === '\n') {
          this.#mode = fenceInfo.test(this.#held) ? 'between' : 'invalid';
          this.#held = '';
        } else {
          this.#held += character;
          if (this.#held.length > maxFenceInfoLength || !fenceInfoStart.test(this.#held)) this.#mode = 'invalid';
        }
        return start + 1;
      case 'invalid':
        return start;
    }
  }

  #readBetween(character: string, start: number): number {
    if (character === '"') {
      this.#mode = 'string';
      this.#observer.onStringStart();
    } else if ('{}[]:,'.includes(character)) this.#observer.onPunctuation(character);
    else if (character === '`') {
      this.#mode = 'fence';
      this.#observer.onFence();
      return start;
    } else if (wordCharacter.test(character)) {
      this.#mode = 'word';
      this.#observer.onScalarStart();
      return start;
    } else if (!' \t\n\r'.includes(character)) this.#mode = 'invalid';
    return start + 1;
  }

  #readString(text: string, start: number): number {
    let end = start;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === 0x22 || code === 0x5c || code < 0x20) break;
    }
    if (end > start) this.#observer.onStringPiece(text.slice(start, end));
    if (end === text.length) return end;
    const character = text.charAt(end);
    this.#mode = character === '\\' ? 'escape' : character === '"' ? 'between' : 'invalid';
    if (this.#mode === 'between') this.#observer.onStringEnd();
    return end + 1;
  }

  #readWord(text: string, start: number): number {
    let end = start;
    while (end < text.length && wordCharacter.test(text.charAt(end))) end += 1;
    this.#held += text.slice(start, end);
    if (end === text.length) return end;
    this.#mode = 'between';
    this.#finishWord();
    return end;
  }

  #finishWord(): void {
    const word = readJsonWord(this.#held);
    this.#held = '';
    if (word === undefined) this.#mode = 'invalid';
    else this.#observer.onScalar(word.value);
  }
}

const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** The beginnings of a number. */
const numberStart = /^-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?$/;

/** Returns the value of a whole word of a JSON text (RFC 8259, sections 3 and 6), or `undefined` if it is invalid. */
function readJsonWord(word: string): { readonly value: number | boolean | null } | undefined {
  const literal = literals.get(word);
  if (literal !== undefined) return { value: literal };
  return numberForm.test(word) ? { value: Number(word) } : undefined;
}

/** Whether more characters could make it a valid word. */
function mayBecomeJsonWord(start: string): boolean {
  return numberStart.test(start) || [...literals.keys()].some((literal) => literal.startsWith(start));
}
