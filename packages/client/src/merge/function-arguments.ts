import { setField } from '../wire/guard.ts';
import type { PartialArg } from '../wire/types.ts';

/** A value that a piece of arguments can carry. */
export type ArgumentValue = string | number | boolean | null;

type Container = Record<string, unknown> | unknown[];

/**
 * The most places that the pieces of one call may skip in its lists: pieces come in order, or a few places early. Each
 * is filled with `null` until its own piece comes.
 */
const maxHoles = 64;

/** The most fields, items and containers that the pieces of one call may make. */
const maxPlaces = 100_000;

/** The length of a new object or list beside its fields, in characters. */
const containerLength = 32;

/**
 * Builds a call's arguments out of `partialArgs`. The pieces of a string are joined while the one before said
 * `willContinue`; every other value takes its place whole.
 */
export class FunctionArguments {
  /** The arguments so far: one object, which keeps growing. */
  readonly args: Record<string, unknown>;
  /** The length of the containers and skipped places that pieces made, in characters. */
  expandedLength = 0;
  readonly #openStrings = new Set<string>();
  #holes = 0;
  #places = 0;

  constructor(args: Record<string, unknown>) {
    this.args = args;
  }

  /**
   * Puts a piece in its place. Returns `undefined` for a piece without a value, and `false` for one without a place: its
   * path is invalid, or leads past the bounds of one call.
   */
  apply(piece: PartialArg): { readonly path: string; readonly value: ArgumentValue } | undefined | false {
    const { willContinue } = piece;
    // The guard lets `null` pass for an absent field, as protobuf's JSON writes it.
    const path = piece.jsonPath ?? '';
    const segments = parseJsonPath(path);
    if (segments === undefined || segments.length === 0) return false;
    const value = valueOf(piece);
    if (value === undefined) return undefined;
    if (!this.#put(segments, value, this.#openStrings.has(path))) return false;
    if (typeof value === 'string' && willContinue === true) this.#openStrings.add(path);
    else this.#openStrings.delete(path);
    return { path, value };
  }

  #put(segments: readonly PathSegment[], value: ArgumentValue, isMore: boolean): boolean {
    const last = segments.length - 1;
    let container: Container = this.args;
    let depth = 0;
    while (depth < last) {
      const inner = containerAt(container, segments[depth] ?? '', segments[depth + 1] ?? '');
      if (inner === undefined) break;
      container = inner;
      depth += 1;
    }
    const isNew = depth < last || !Object.hasOwn(container, segments[last] ?? '');
    if (isNew && !this.#mayGrow(container, segments.slice(depth))) return false;
    for (; depth < last; depth += 1) {
      const inner: Container = typeof segments[depth + 1] === 'number' ? [] : {};
      write(container, segments[depth] ?? '', inner);
      container = inner;
    }
    const key = segments[last] ?? '';
    const before = read(container, key);
    write(container, key, isMore && typeof before === 'string' ? before + String(value) : value);
    return true;
  }

  /** Counts what these new steps of a path make; `false` if they are too many for one call. */
  #mayGrow(container: Container, steps: readonly PathSegment[]): boolean {
    let holes = 0;
    // The first step leads into a container that is there; each further one into a new one.
    let present: Container = container;
    for (const step of steps) {
      if (typeof step === 'number' && Array.isArray(present)) holes += Math.max(0, step - present.length);
      present = [];
    }
    if (this.#holes + holes > maxHoles || this.#places + steps.length > maxPlaces) return false;
    this.#holes += holes;
    this.#places += steps.length;
    this.expandedLength += (steps.length - 1) * containerLength + holes * 'null,'.length;
    return true;
  }
}

function valueOf(piece: PartialArg): ArgumentValue | undefined {
  const { stringValue, numberValue, boolValue } = piece;
  if ('nullValue' in piece) return null;
  return stringValue ?? numberValue ?? boolValue;
}

/** The list or object at this place, if it is of the kind that the next step leads into. */
function containerAt(container: Container, key: PathSegment, next: PathSegment): Container | undefined {
  const inner = read(container, key);
  if (typeof inner !== 'object' || inner === null) return undefined;
  return Array.isArray(inner) === (typeof next === 'number') ? (inner as Container) : undefined;
}

function read(container: Container, key: PathSegment): unknown {
  return Object.hasOwn(container, key) ? (container as Record<PathSegment, unknown>)[key] : undefined;
}

function write(container: Container, key: PathSegment, value: unknown): void {
  if (!Array.isArray(container) || typeof key === 'string') return setField(container, String(key), value);
  while (container.length < key) container.push(null);
  container[key] = value;
}

/** A step into an object by name, or into an array by place. */
type PathSegment = string | number;

/** No arguments are deeper or longer than this, and no path to them: the expression below backtracks on long names. */
const maxDepth = 100;
const maxIndex = 100_000;
const maxPathLength = 10_000;

const segment = /\.([\p{L}\p{N}_-]+)|\[(\d+)\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]/uy;

/**
 * Reads a JSONPath that names one place (RFC 9535: `$`, `.name`, `['name']`, `[0]`). `undefined` for one that names
 * none or several, for one that leads deeper than 100 steps or past the hundred-thousandth place, and for one of more
 * than 10,000 characters.
 */
function parseJsonPath(path: string): readonly PathSegment[] | undefined {
  if (!path.startsWith('$') || path.length > maxPathLength) return undefined;
  const segments: PathSegment[] = [];
  segment.lastIndex = 1;
  while (segment.lastIndex < path.length) {
    const match = segment.exec(path);
    if (match === null || segments.length === maxDepth) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) {
      if (Number(index) > maxIndex) return undefined;
      segments.push(Number(index));
    } else segments.push(name ?? unescapeName(single ?? double ?? ''));
  }
  return segments;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescapeName(name: string): string {
  return name.replaceAll(/\\(?:u([\dA-Fa-f]{4})|(.))/gu, (_all, code: string | undefined, character: string) =>
    code === undefined ? (escapes[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
