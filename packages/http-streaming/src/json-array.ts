/** Splits the text of one JSON array into the texts of its elements, as it arrives. */
export interface JsonArraySplitter {
  push(text: string): void;
  /** What is held of an element that the end of the body cut; empty when nothing is. */
  end(): string;
  /** Whether a part of an element is held. */
  readonly pending: boolean;
  /** Whether a comma came after the last element: another one was promised. */
  readonly isPromised: boolean;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * The form in which Gemini streams without `alt=sse`: one array whose elements come with time. Each element is handed
 * on when its last character is there; each character is looked at once, so a long element costs linear time.
 * @throws RangeError from `push` if an element has more than `maxElementBytes` UTF-8 bytes
 */
export function createJsonArraySplitter(maxElementBytes: number, onElement: (text: string) => void): JsonArraySplitter {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let opened = false;
  let closed = false;
  let held: string[] = [];
  let heldBytes = 0;
  let isPromised = false;

  const hold = (piece: string): void => {
    if (heldBytes === 0 && piece.trim() === '') return;
    isPromised = false;
    heldBytes += Buffer.byteLength(piece);
    if (heldBytes > maxElementBytes) {
      throw new RangeError(`a JSON array element has more than ${maxElementBytes} bytes: ${heldBytes} came already`);
    }
    held.push(piece);
  };
  const deliver = (): void => {
    const text = held.join('').trim();
    held = [];
    heldBytes = 0;
    if (text !== '') onElement(text);
  };

  return {
    push(text) {
      let start = 0;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        if (inString) {
          if (escaped) escaped = false;
          else if (code === backslash) escaped = true;
          else if (code === quote) inString = false;
          continue;
        }
        if (code === quote) inString = true;
        else if (code === 0x7b || code === 0x5b) {
          if (depth === 0 && !opened) {
            opened = true;
            start = index + 1;
          }
          depth += 1;
        } else if (code === 0x7d || code === 0x5d) {
          depth -= 1;
          if (depth === 1) {
            hold(text.slice(start, index + 1));
            start = index + 1;
            deliver();
          } else if (depth === 0) {
            hold(text.slice(start, index));
            start = index + 1;
            deliver();
            closed = true;
          }
        } else if (code === 0x2c && depth === 1) {
          hold(text.slice(start, index));
          start = index + 1;
          deliver();
          isPromised = true;
        }
      }
      if (opened && !closed && start < text.length) hold(text.slice(start));
    },
    end: () => held.join('').trim(),
    get pending() {
      return heldBytes > 0;
    },
    get isPromised() {
      return isPromised;
    },
  };
}
