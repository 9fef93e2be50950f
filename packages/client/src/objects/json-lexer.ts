/** Told the tokens of a JSON text. A string comes in pieces as far as its text goes; all else comes whole. */
interface JsonTokens {
  /** One of `{ } [ ] : ,`. */
  punctuation(character: string): void;
  stringStart(): void;
  stringPiece(text: string): void;
  stringEnd(): void;
  /** What begins is no string: a number or a literal. */
  scalarStart(): void;
  /** A number, `true`, `false` or `null`. */
  scalar(value: number | boolean | null): void;
  /** A fence of three backticks begins, outside of any string. */
  fence(): void;
}

/** Reads a JSON text in pieces, each character once. */
interface JsonLexer {
  /** Returns `false` from the first character on that cannot be in a JSON text. */
  push(text: string): boolean;
  /** Tells a number or a literal that only the end of the text ends. Returns `false` for what is none. */
  end(): boolean;
  /** Says that the present token has no place here: nothing more is read. */
  reject(): void;
  /** Characters read: where it went wrong, once `push` or `end` has said so. */
  readonly offset: number;
}

type Mode = 'between' | 'string' | 'escape' | 'unicode' | 'word' | 'fence' | 'fence-info' | 'wrong';

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

/** Makes a lexer of RFC 8259, which also knows the fence that Markdown puts around code. */
export function createJsonLexer(tokens: JsonTokens): JsonLexer {
  let mode: Mode = 'between';
  /** What has come of a word, of four hexadecimal digits, of the backticks or of the words after them. */
  let held = '';
  let offset = 0;

  const finishWord = (): void => {
    const word = readJsonWord(held);
    held = '';
    if (word === undefined) mode = 'wrong';
    else tokens.scalar(word.value);
  };
  /** Reads from `start` as far as the mode goes; returns where it stopped. */
  const step = (text: string, start: number): number => {
    const character = text.charAt(start);
    switch (mode) {
      case 'between':
        return between(character, start);
      case 'string':
        return string(text, start);
      case 'escape': {
        const meant = escapes[character];
        mode = 'string';
        if (meant !== undefined) tokens.stringPiece(meant);
        else mode = character === 'u' ? 'unicode' : 'wrong';
        return start + 1;
      }
      case 'unicode':
        if (!/[\da-fA-F]/.test(character)) mode = 'wrong';
        held += character;
        if (held.length === 4 && mode === 'unicode') {
          tokens.stringPiece(String.fromCharCode(Number.parseInt(held, 16)));
          held = '';
          mode = 'string';
        }
        return start + 1;
      case 'word': {
        let end = start;
        while (end < text.length && wordCharacter.test(text.charAt(end))) end += 1;
        held += text.slice(start, end);
        if (end === text.length) return end;
        mode = 'between';
        finishWord();
        return end;
      }
      case 'fence':
        held += character;
        if (character !== '`') mode = 'wrong';
        else if (held === '```') {
          held = '';
          mode = 'fence-info';
        }
        return start + 1;
      case 'fence-info':
        if (character === '\n') {
          mode = fenceInfo.test(held) ? 'between' : 'wrong';
          held = '';
        } else {
          held += character;
          if (held.length > maxFenceInfoLength || !fenceInfoStart.test(held)) mode = 'wrong';
        }
        return start + 1;
      case 'wrong':
        return start;
    }
  };
  const between = (character: string, start: number): number => {
    if (character === '"') {
      mode = 'string';
      tokens.stringStart();
    } else if ('{}[]:,'.includes(character)) tokens.punctuation(character);
    else if (character === '`') {
      mode = 'fence';
      tokens.fence();
      return start;
    } else if (wordCharacter.test(character)) {
      mode = 'word';
      tokens.scalarStart();
      return start;
    } else if (!' \t\n\r'.includes(character)) mode = 'wrong';
    return start + 1;
  };
  const string = (text: string, start: number): number => {
    let end = start;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === 0x22 || code === 0x5c || code < 0x20) break;
    }
    if (end > start) tokens.stringPiece(text.slice(start, end));
    if (end === text.length) return end;
    const character = text.charAt(end);
    mode = character === '\\' ? 'escape' : character === '"' ? 'between' : 'wrong';
    if (mode === 'between') tokens.stringEnd();
    return end + 1;
  };

  return {
    push(text) {
      let at = 0;
      while (at < text.length && mode !== 'wrong') at = step(text, at);
      offset += at;
      return mode !== 'wrong';
    },
    end() {
      if (mode === 'word' && (readJsonWord(held) !== undefined || !mayBecomeJsonWord(held))) {
        mode = 'between';
        finishWord();
      }
      return mode !== 'wrong';
    },
    reject() {
      mode = 'wrong';
    },
    get offset() {
      return offset;
    },
  };
}

const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What may still become a number. */
const numberStart = /^-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?$/;

/** What a whole word of a JSON text says (RFC 8259, sections 3 and 6); `undefined` where it says nothing. */
function readJsonWord(word: string): { readonly value: number | boolean | null } | undefined {
  const literal = literals.get(word);
  if (literal !== undefined) return { value: literal };
  return numberForm.test(word) ? { value: Number(word) } : undefined;
}

/** Whether more characters could make it a word that says something. */
function mayBecomeJsonWord(start: string): boolean {
  return numberStart.test(start) || [...literals.keys()].some((literal) => literal.startsWith(start));
}
