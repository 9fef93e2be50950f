/** The fields of an event that decide about text. */
interface TextFields {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly candidate?: unknown;
  readonly discardFrom?: unknown;
}

/** Returns the text of an event: that of the first answer. */
export function textOf(event: unknown): string {
  const { type, text, candidate } = (event ?? {}) as TextFields;
  return type === 'text-delta' && typeof text === 'string' && (candidate ?? 0) === 0 ? text : '';
}

/** Whether an event discards the text before it. */
export function isDiscard(event: unknown): boolean {
  const { type, discardFrom } = (event ?? {}) as TextFields;
  return type === 'discard' || ((type === 'retry' || type === 'fallback') && discardFrom !== undefined);
}

/** Whether events are missing before this one. */
export function isGap(event: unknown): boolean {
  return ((event ?? {}) as TextFields).type === 'gap';
}

/** The text of a stream: the concatenation of its deltas since the last discard. */
export class TextCollector {
  text = '';
  /** Text may be missing. */
  hasGap = false;

  add(event: unknown): void {
    if (isDiscard(event)) {
      this.text = '';
      this.hasGap = false;
    } else if (isGap(event)) this.hasGap = true;
    else this.text += textOf(event);
  }
}
