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
}

/** Keeps text from being told twice, whatever pieces it comes in the second time. */
export function createDeliveredTail(): DeliveredTail {
  let units: Unit[] = [];
  let index = 0;
  let offset = 0;

  const step = (unit: Unit, length: number): void => {
    offset += length;
    if (offset < unit.text.length) return;
    index += 1;
    offset = 0;
  };
  const isBehind = (): boolean => index < units.length;
  return {
    get isBehind() {
      return isBehind();
    },
    mark() {
      const rest = units.slice(index);
      if (rest[0] !== undefined && offset > 0) rest[0] = { ...rest[0], text: rest[0].text.slice(offset) };
      units = rest;
      index = 0;
      offset = 0;
    },
    note(part) {
      const unit = unitOf(part);
      const last = units.at(-1);
      if (last !== undefined && last.kind === unit.kind && unit.kind !== 'other') last.text += unit.text;
      else units.push(unit);
      index = units.length;
    },
    rewind() {
      index = 0;
      offset = 0;
    },
    strip(part) {
      const { kind, text } = unitOf(part);
      const unit = units[index];
      if (unit === undefined) return part;
      const expected = unit.text.slice(offset);
      const isSame = kind === 'other' ? text === expected : expected.startsWith(text) || text.startsWith(expected);
      if (kind !== unit.kind || !isSame) throw resumeMismatch();
      const length = Math.min(text.length, expected.length);
      step(unit, length);
      if (length === text.length) return undefined;
      if (isBehind()) throw resumeMismatch();
      return { ...part, text: text.slice(length) };
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

// Signatures are made anew and say nothing about the content.
function unitOf(part: Part): Unit {
  if (part.text) return { kind: part.thought ? 'thought' : 'text', text: part.text };
  const { thoughtSignature: _signature, ...content } = part;
  return { kind: 'other', text: JSON.stringify(content) };
}
