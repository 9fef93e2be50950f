/** The facts of a cut body, read without the client's code. */
export interface PrefixFacts {
  /** The answer text of the first candidate in all complete events. */
  readonly text: string;
  /** Every candidate has a finish reason, or the prompt was blocked. */
  readonly isFinished: boolean;
  /** The last bytes belong to an incomplete event. `undefined` for a `retry` line, which may belong to none. */
  readonly isInsideEvent: boolean | undefined;
  /** An event cannot be read, or is an error: the answer fails there. */
  readonly isFailure: boolean;
}

/** Splits a body into the payloads of its events. The last one may be cut. */
export function payloadsOf(body: string, isJsonArray: boolean): { readonly whole: string[]; readonly rest: string } {
  return isJsonArray ? elementsOf(body) : blocksOf(body);
}

/** Reads a cut body. */
export function readPrefix(body: string, isJsonArray: boolean): PrefixFacts {
  const { whole, rest } = payloadsOf(body, isJsonArray);
  const isRestWhole = isWholePayload(rest);
  const reasons = new Map<number, string | undefined>();
  const isInsideEvent = rest === 'retry' ? undefined : rest !== '' && !isRestWhole;
  const facts = { text: '', isFinished: false, isInsideEvent, isFailure: false };
  let isBlocked = false;
  for (const payload of isRestWhole ? [...whole, rest] : whole) {
    if (payload === '' || payload === '[DONE]') continue;
    const chunk = isWholePayload(payload) ? JSON.parse(payload) : undefined;
    if (chunk === undefined || chunk.error) return { ...facts, isFailure: true };
    if (chunk.promptFeedback?.blockReason) isBlocked = true;
    for (const { index = 0, content, finishReason } of chunk.candidates ?? []) {
      reasons.set(index, finishReason ?? reasons.get(index));
      if (index === 0) for (const part of content?.parts ?? []) if (!part.thought) facts.text += part.text ?? '';
    }
    if (chunk.event_type === 'step.delta' && chunk.delta.type === 'text') facts.text += chunk.delta.text;
    if (chunk.event_type === 'interaction.completed' && /completed|requires_action/.test(chunk.interaction.status)) {
      reasons.set(0, 'STOP');
    }
    facts.isFinished = isBlocked || (reasons.size > 0 && [...reasons.values()].every(Boolean));
  }
  return facts;
}

function isWholePayload(payload: string): boolean {
  if (payload === '[DONE]') return true;
  try {
    JSON.parse(payload);
    return true;
  } catch {
    return false;
  }
}

/** The `data` of each SSE block; `rest` is that of the last one, or `begun` or `retry` if it has no data yet. */
function blocksOf(body: string): { readonly whole: string[]; readonly rest: string } {
  const lines = body.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const whole: string[] = [];
  let data: string[] = [];
  let isBegun = false;
  let isOnlyRetry = true;
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1;
    if (line === '' && !isLast) {
      if (data.length > 0) whole.push(data.join('\n'));
      data = [];
      isBegun = false;
      isOnlyRetry = true;
    } else if (line !== '' && !line.startsWith(':')) {
      isBegun = true;
      if (!/^(?:r|re|ret|retr|retry|retry:.*)$/.test(line)) isOnlyRetry = false;
      const value = /^data(?:: ?(.*))?$/s.exec(line);
      if (value !== null) data.push(value[1] ?? '');
    }
  }
  return { whole, rest: isBegun ? data.join('\n') || (isOnlyRetry ? 'retry' : 'begun') : '' };
}

/** The elements of a JSON array; `rest` is the one that was cut, or `begun` after a comma. */
function elementsOf(body: string): { readonly whole: string[]; readonly rest: string } {
  const whole: string[] = [];
  let depth = 0;
  let start = 0;
  let isInString = false;
  let isPromised = false;
  for (let index = 0; index < body.length; index += 1) {
    const character = body[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth === 2) start = index;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 1) whole.push(body.slice(start, index + 1));
      if (depth === 1) isPromised = false;
    } else if (character === ',' && depth === 1) isPromised = true;
  }
  return { whole, rest: depth > 1 || isPromised ? 'begun' : '' };
}
