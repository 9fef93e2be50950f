import { setField } from '../wire/guard.ts';
import { createJsonLexer } from './json-lexer.ts';
import type { StringGrowth } from './string-growth.ts';

/** What a JSON text can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** What a whole text turned out to be. `incomplete`: it ended before its value did. `offset` is in characters. */
type JsonEnd =
  | { readonly status: 'whole'; readonly value: JsonValue }
  | { readonly status: 'incomplete' }
  | { readonly status: 'invalid'; readonly offset: number };

/** Builds the value of a JSON text that comes in pieces. */
interface JsonBuilder {
  /** Takes the next piece. Returns whether more can be seen than before. */
  push(text: string): boolean;
  /**
   * What is there so far, as an object of its own; `undefined` while nothing is. Only what is still open is copied:
   * what is whole is the same object each time.
   */
  partial(): JsonValue | undefined;
  /** What a partial costs now: 1 for each item that it copies, and 4 for each field. */
  readonly partialCost: number;
  end(): JsonEnd;
}

/** How deep arrays and objects may lie in each other; a deeper text is invalid. */
export const maxJsonDepth = 256;

type Frame =
  | { readonly items: JsonValue[]; readonly growth: StringGrowth | undefined }
  | {
      readonly fields: Record<string, JsonValue>;
      count: number;
      readonly growth: StringGrowth | undefined;
      key: string | undefined;
    };
type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'nothing';

/**
 * Makes a builder. Numbers, literals and keys are seen when they are whole; strings too, but where `growth` lets them
 * be seen from their first character. White space and one Markdown fence around the value are passed over.
 */
export function createJsonBuilder(growth?: StringGrowth): JsonBuilder {
  const stack: Frame[] = [];
  let expected: Expected = 'value';
  let root: JsonValue | undefined;
  let open: { text: string; readonly isSeen: boolean; endsInHalf: boolean } | undefined;
  let fences = 0;
  let hasMore = false;
  let isInvalid = false;

  const reject = (): void => {
    isInvalid = true;
    lexer.reject();
  };
  const isValueNext = (): boolean => expected === 'value' || expected === 'value-or-close';
  const growthHere = (): StringGrowth | undefined => {
    const frame = stack.at(-1);
    if (frame === undefined) return growth;
    if ('items' in frame) return frame.growth?.item(frame.items.length);
    return frame.key === undefined ? undefined : frame.growth?.property(frame.key);
  };
  const place = (value: JsonValue): void => {
    const frame = stack.at(-1);
    if (frame === undefined) root = value;
    else if ('items' in frame) frame.items.push(value);
    else {
      setField(frame.fields, frame.key ?? '', value);
      frame.count += 1;
    }
    expected = frame === undefined ? 'nothing' : 'comma-or-close';
    hasMore = true;
  };
  const openFrame = (frame: Frame, next: Expected): void => {
    if (!isValueNext() || stack.length === maxJsonDepth) return reject();
    stack.push(frame);
    expected = next;
    hasMore = true;
  };
  const closeFrame = (isArray: boolean): void => {
    const frame = stack.at(-1);
    const mayClose = expected === 'comma-or-close' || expected === (isArray ? 'value-or-close' : 'key-or-close');
    if (frame === undefined || 'items' in frame !== isArray || !mayClose) return reject();
    stack.pop();
    const couldSee = hasMore;
    place('items' in frame ? frame.items : frame.fields);
    hasMore = couldSee;
  };
  const separate = (): void => {
    const frame = stack.at(-1);
    if (expected !== 'comma-or-close' || frame === undefined) return reject();
    expected = 'items' in frame ? 'value' : 'key';
  };

  const lexer = createJsonLexer({
    punctuation(character) {
      if (character === '[') openFrame({ items: [], growth: growthHere() }, 'value-or-close');
      else if (character === '{')
        openFrame({ fields: {}, count: 0, key: undefined, growth: growthHere() }, 'key-or-close');
      else if (character === ',') separate();
      else if (character !== ':') closeFrame(character === ']');
      else if (expected === 'colon') expected = 'value';
      else reject();
    },
    stringStart() {
      if (!isValueNext() && expected !== 'key' && expected !== 'key-or-close') return reject();
      open = { text: '', isSeen: isValueNext() && growthHere()?.grows === true, endsInHalf: false };
      if (open.isSeen) hasMore = true;
    },
    stringPiece(text) {
      if (open === undefined) return;
      open.text += text;
      open.endsInHalf = isHighSurrogate(text.charCodeAt(text.length - 1));
      if (open.isSeen) hasMore = true;
    },
    stringEnd() {
      const text = open?.text ?? '';
      open = undefined;
      const frame = stack.at(-1);
      if (isValueNext()) return place(text);
      if (frame === undefined || 'items' in frame) return reject();
      frame.key = text;
      expected = 'colon';
    },
    scalarStart() {
      if (!isValueNext()) reject();
    },
    scalar: place,
    fence() {
      const isOpening = fences === 0 && expected === 'value' && stack.length === 0;
      const isClosing = fences === 1 && expected === 'nothing';
      fences += 1;
      if (!isOpening && !isClosing) reject();
    },
  });

  return {
    push(text) {
      hasMore = false;
      if (!isInvalid) isInvalid = !lexer.push(text);
      return hasMore;
    },
    partial() {
      let inner: JsonValue | undefined = open?.isSeen === true ? wholeCharacters(open) : root;
      for (const frame of stack.toReversed()) {
        if ('items' in frame) inner = inner === undefined ? [...frame.items] : [...frame.items, inner];
        else {
          const fields = { ...frame.fields };
          if (inner !== undefined && frame.key !== undefined) setField(fields, frame.key, inner);
          inner = fields;
        }
      }
      return inner;
    },
    get partialCost() {
      return stack.reduce((sum, frame) => sum + ('items' in frame ? frame.items.length : 4 * frame.count), 0);
    },
    end() {
      isInvalid ||= !lexer.end();
      if (isInvalid) return { status: 'invalid', offset: lexer.offset };
      return expected === 'nothing' && root !== undefined ? { status: 'whole', value: root } : { status: 'incomplete' };
    },
  };
}

// Half of a surrogate pair is no character: its other half comes with the next piece. The text is not looked at, for
// that would copy all its pieces into one each time.
function wholeCharacters({ text, endsInHalf }: { readonly text: string; readonly endsInHalf: boolean }): string {
  return endsInHalf ? text.slice(0, -1) : text;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
