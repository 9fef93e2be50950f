/** An object or a list that is open, and the place in it. */
interface OpenContainer {
  readonly kind: 'object' | 'list';
  /** The names that were written, or the number of items. */
  readonly names: Set<string>;
  count: number;
}

/** Ends the text: the rest cannot be written without going back. */
class CannotContinue extends Error {}

/**
 * Writes the JSON text of arguments while they come in pieces, each with its path. Text is only added: if a piece belongs to
 * a place that was left, nothing more is written, and the whole arguments follow with the call.
 */
export class ArgumentText {
  /** The text so far, in the pieces in which it was returned: one string would be copied with each new piece. */
  readonly #pieces: string[] = [];
  /** The text of the piece that is being added. */
  #fresh = '';
  #open: OpenContainer[] = [];
  #path: readonly string[] | undefined;
  #isInString = false;
  #isOver = false;

  /** Adds a piece, and returns the new text. */
  add(path: string, value: string | number | boolean | null): string {
    if (this.#isOver) return '';
    this.#fresh = '';
    try {
      this.#add(readPath(path), value);
    } catch (error) {
      if (!(error instanceof CannotContinue)) throw error;
      this.#isOver = true;
      // Nothing of this piece is written.
      return '';
    }
    this.#pieces.push(this.#fresh);
    return this.#fresh;
  }

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Returns the rest of the text; nothing if the whole text does not begin as it was written. */
  finish(args: unknown): string {
    const whole = JSON.stringify(args);
    const written = this.#pieces.join('');
    return whole.startsWith(written) ? whole.slice(written.length) : '';
  }

  #add(path: readonly string[], value: string | number | boolean | null): void {
    const isSame = this.#path !== undefined && path.join('\0') === this.#path.join('\0');
    if (isSame && this.#isInString && typeof value === 'string') return this.#write(escaped(value));
    if (this.#path === undefined) this.#enter('object');
    else this.#leave(path);
    for (let depth = this.#open.length - 1; depth < path.length; depth += 1) {
      this.#begin(path[depth] ?? '');
      const next = path[depth + 1];
      if (next !== undefined) this.#enter(isIndex(next) ? 'list' : 'object');
    }
    this.#path = path;
    this.#isInString = typeof value === 'string';
    this.#write(typeof value === 'string' ? `"${escaped(value)}` : JSON.stringify(value));
  }

  /** Closes what the next path is not in. */
  #leave(path: readonly string[]): void {
    if (this.#isInString) this.#write('"');
    this.#isInString = false;
    const last = this.#path ?? [];
    let common = 0;
    while (common < path.length && path[common] === last[common]) common += 1;
    while (this.#open.length > common + 1) this.#write(this.#open.pop()?.kind === 'list' ? ']' : '}');
  }

  /** Begins a field or an item of the innermost container. */
  #begin(step: string): void {
    const container = this.#open.at(-1);
    if (container === undefined) throw new CannotContinue();
    const { kind, names, count } = container;
    if ((kind === 'list') !== isIndex(step)) throw new CannotContinue();
    if (kind === 'list' ? Number(step.slice(1)) !== count : names.has(step)) throw new CannotContinue();
    container.count += 1;
    names.add(step);
    this.#write(`${count > 0 ? ',' : ''}${kind === 'list' ? '' : `${JSON.stringify(step)}:`}`);
  }

  #enter(kind: 'object' | 'list'): void {
    this.#open.push({ kind, names: new Set(), count: 0 });
    this.#write(kind === 'list' ? '[' : '{');
  }

  #write(text: string): void {
    this.#fresh += text;
  }
}

/** Items of lists are marked, so that `a[0]` is not `a['0']`. */
const mark = '\u0001';

function isIndex(step: string): boolean {
  return step.startsWith(mark);
}

const stepPattern = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** Reads a JSONPath such as `$.stops[0].name`. */
function readPath(path: string): string[] {
  if (!path.startsWith('$')) throw new CannotContinue();
  const steps: string[] = [];
  stepPattern.lastIndex = 1;
  while (stepPattern.lastIndex < path.length) {
    const match = stepPattern.exec(path);
    if (match === null) throw new CannotContinue();
    const [, name, index, single, double] = match;
    if (index === undefined) steps.push(name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
    else steps.push(mark + String(Number(index)));
  }
  if (steps.length === 0) throw new CannotContinue();
  return steps;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
