import { unsafeCharacters } from './visible-text.ts';

/** Characters of a piece before they are escaped. An escape takes six characters, and V8's longest string is 2^29. */
const defaultPieceCharacters = 65_536;

/** Values that `JSON.stringify` takes at once: it recurses, so a deeper value could overflow the stack. */
const maxValuesAtOnce = 1_000;

/**
 * Yields a value as one line of JSON, in pieces, so that neither the size nor the depth of the value has a limit. Also
 * escapes characters that a terminal would obey or that a reader could take for the end of a line; a parser returns the
 * same value.
 */
export function* jsonLine(value: unknown, pieceCharacters = defaultPieceCharacters): Generator<string, void> {
  if (isSmall(value, pieceCharacters)) {
    yield `${escaped(value)}\n`;
    return;
  }
  let piece = '';
  for (const token of tokensOf(value, pieceCharacters)) {
    piece += token;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}\n`;
}

function isSmall(root: unknown, pieceCharacters: number): boolean {
  let [charactersLeft, valuesLeft] = [pieceCharacters, maxValuesAtOnce];
  const unseen = [root];
  while (unseen.length > 0) {
    const value = unseen.pop();
    if (typeof value === 'string') charactersLeft -= value.length;
    else if (typeof value === 'object' && value !== null) {
      const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      valuesLeft -= members.length;
      if (valuesLeft < 0) return false;
      if (!Array.isArray(value)) for (const key of Object.keys(value)) charactersLeft -= key.length;
      unseen.push(...members);
    }
    if (charactersLeft < 0) return false;
  }
  return true;
}

/** An array or object whose end has not been written. */
interface OpenValue {
  readonly members: Iterator<readonly [key: string | undefined, value: unknown]>;
  readonly end: string;
  separator: '' | ',';
}

// A stack of its own instead of recursion: the depth is the server's choice.
function* tokensOf(root: unknown, pieceCharacters: number): Generator<string, void> {
  const stack: OpenValue[] = [];
  yield* beginningOf(root, stack, pieceCharacters);
  for (let open = stack.at(-1); open !== undefined; open = stack.at(-1)) {
    const member = open.members.next();
    if (member.done === true) {
      stack.pop();
      yield open.end;
      continue;
    }
    const [key, value] = member.value;
    yield open.separator;
    open.separator = ',';
    if (key !== undefined) {
      yield* stringTokens(key, pieceCharacters);
      yield ':';
    }
    yield* beginningOf(value, stack, pieceCharacters);
  }
}

/** Yields a scalar, or the first character of an array or object, which is then on the stack. */
function* beginningOf(given: unknown, stack: OpenValue[], pieceCharacters: number): Generator<string, void> {
  const value = convertedToJson(given);
  if (typeof value === 'string') yield* stringTokens(value, pieceCharacters);
  else if (Array.isArray(value)) {
    stack.push({ members: itemsOf(value), end: ']', separator: '' });
    yield '[';
  } else if (typeof value === 'object' && value !== null) {
    stack.push({ members: propertiesOf(value), end: '}', separator: '' });
    yield '{';
  } else yield escaped(value);
}

function convertedToJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('toJSON' in value)) return value;
  return typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
}

function* itemsOf(values: readonly unknown[]): Generator<readonly [undefined, unknown], void> {
  for (const value of values) yield [undefined, value];
}

function* propertiesOf(value: object): Generator<readonly [string, unknown], void> {
  for (const property of Object.entries(value)) if (isWritten(property[1])) yield property;
}

function isWritten(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

function* stringTokens(text: string, pieceCharacters: number): Generator<string, void> {
  yield '"';
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + pieceCharacters, text.length);
    // JSON escapes half of a surrogate pair, so a pair stays together.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1)) && end < text.length) end += 1;
    yield escaped(text.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield '"';
}

function escaped(value: unknown): string {
  // `undefined` and functions have no JSON of their own; in an array they are null.
  const json = (JSON.stringify(value) as string | undefined) ?? 'null';
  return json.replaceAll(unsafeCharacters, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
