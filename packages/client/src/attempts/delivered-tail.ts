import { GeminiError } from '../errors/errors.ts';
import type { Part } from '../wire.ts';

interface Unit {
  readonly kind: 'text' | 'thought' | 'other';
  text: string;
}

/** What has been delivered since the last continuation token: a request that goes on from there sends it again. */
export interface DeliveredTail {
  /** A token came: what was delivered before it does not come again. */
  mark(): void;
  /** Notes a part that was delivered after the token. */
  note(part: Part): void;
  /** The next request goes on from the token. */
  rewind(): void;
  /**
   * What of a part is new; `undefined` where all of it was delivered before.
   * @throws GeminiError `resume-mismatch` where the server says something else than the first time
   */
  strip(part: Part): Part | undefined;
  /** Something that was delivered has not come again yet. */
  readonly isBehind: boolean;
  /** What is kept for the comparison, in characters. */
  readonly length: number;
}

/** Keeps text from being told twice, whatever pieces it comes in the second time. */
export function createDeliveredTail(): DeliveredTail {
  let units: Unit[] = [];
  // Where the last token stands, and how far the content after it has come again.
  let start = { index: 0, offset: 0 };
  let index = 0;
  let offset = 0;
  let length = 0;

  const step = (unit: Unit, count: number): void => {
    offset += count;
    if (offset < unit.text.length) return;
    index += 1;
    offset = 0;
  };
  const isBehind = (): boolean => index < units.length;
  return {
    get isBehind() {
      return isBehind();
    },
    get length() {
      return length;
    },
    mark() {
      // Each token may come alone: what is before it is dropped only when that is most of all.
      if (index > units.length / 2) {
        units = units.slice(index);
        index = 0;
        length = units.reduce((sum, unit) => sum + lengthOf(unit), 0);
      }
      start = { index, offset };
    },
    note(part) {
      const unit = unitOf(part);
      const last = units.at(-1);
      if (last !== undefined && last.kind === unit.kind && unit.kind !== 'other') {
        last.text += unit.text;
        length += unit.text.length;
      } else {
        units.push(unit);
        length += lengthOf(unit);
      }
      index = units.length;
      offset = 0;
    },
    rewind() {
      ({ index, offset } = start);
    },
    strip(part) {
      const { kind, text } = unitOf(part);
      const unit = units[index];
      if (unit === undefined) return part;
      const expected = unit.text.slice(offset);
      const isSame = kind === 'other' ? text === expected : expected.startsWith(text) || text.startsWith(expected);
      if (kind !== unit.kind || !isSame) throw resumeMismatch();
      const count = Math.min(text.length, expected.length);
      step(unit, count);
      if (count === text.length) return undefined;
      if (isBehind()) throw resumeMismatch();
      return { ...part, text: text.slice(count) };
    },
  };
}

/** The server goes on otherwise than it did the first time: what was told cannot be made whole. */
export function resumeMismatch(): GeminiError {
  return new GeminiError(
    'resume-mismatch',
    'the continued answer differs from what was delivered before the connection was lost',
  );
}

/** What any unit weighs beside its text, in characters. */
const unitLength = 32;

function lengthOf({ text }: Unit): number {
  return unitLength + text.length;
}

// Signatures are made anew and say nothing about the content.
function unitOf(part: Part): Unit {
  if (part.text) return { kind: part.thought ? 'thought' : 'text', text: part.text };
  const { thoughtSignature: _signature, ...content } = part;
  return { kind: 'other', text: JSON.stringify(content) };
}
