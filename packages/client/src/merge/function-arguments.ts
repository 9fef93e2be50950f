import type { PartialArg } from '../wire.ts';
import { parseJsonPath, type PathSegment } from './json-path.ts';

/** A value that a piece of arguments can carry. */
export type ArgumentValue = string | number | boolean | null;

/** Arguments that grow piece by piece. */
export interface FunctionArguments {
  /** The arguments so far: one object, which keeps growing. */
  readonly args: Record<string, unknown>;
  /** Puts a piece in its place. `undefined` for a piece without a value, `false` for one whose path cannot be read. */
  apply(piece: PartialArg): { readonly path: string; readonly value: ArgumentValue } | undefined | false;
}

type Container = Record<string, unknown> | unknown[];

/**
 * Builds a call's arguments out of `partialArgs`. The pieces of a string are joined while the one before said
 * `willContinue`; every other value takes its place whole.
 */
export function createFunctionArguments(args: Record<string, unknown>): FunctionArguments {
  const openStrings = new Set<string>();
  return {
    args,
    apply(piece) {
      const { willContinue } = piece;
      // The guard lets `null` pass for an absent field, as protobuf's JSON writes it.
      const path = piece.jsonPath ?? '';
      const segments = parseJsonPath(path);
      if (segments === undefined || segments.length === 0) return false;
      const value = valueOf(piece);
      if (value === undefined) return undefined;
      put(args, segments, value, openStrings.has(path));
      if (typeof value === 'string' && willContinue === true) openStrings.add(path);
      else openStrings.delete(path);
      return { path, value };
    },
  };
}

function valueOf(piece: PartialArg): ArgumentValue | undefined {
  const { stringValue, numberValue, boolValue } = piece;
  if ('nullValue' in piece) return null;
  return stringValue ?? numberValue ?? boolValue;
}

function put(args: Container, segments: readonly PathSegment[], value: ArgumentValue, isMore: boolean): void {
  let container = args;
  for (const [depth, key] of segments.entries()) {
    const next = segments[depth + 1];
    const before = read(container, key);
    if (next === undefined) {
      write(container, key, isMore && typeof before === 'string' ? before + String(value) : value);
      return;
    }
    const fits = typeof before === 'object' && before !== null && Array.isArray(before) === (typeof next === 'number');
    const inner: Container = fits ? (before as Container) : typeof next === 'number' ? [] : {};
    if (!fits) write(container, key, inner);
    container = inner;
  }
}

function read(container: Container, key: PathSegment): unknown {
  return Object.hasOwn(container, key) ? (container as Record<PathSegment, unknown>)[key] : undefined;
}

// Defined, not assigned: a name such as `__proto__` is data here.
function write(container: Container, key: PathSegment, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}
