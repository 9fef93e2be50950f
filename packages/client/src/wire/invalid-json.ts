import { GeminiError } from '../errors.ts';

/** Returns the error of a payload that is not JSON, without any text of it. */
export function invalidJson(message: string, cause: unknown): GeminiError {
  return new GeminiError('invalid-chunk', message, { cause: new SyntaxError(positionOf(cause)) });
}

// V8's message quotes the text around the fault, which is part of an answer: only the position is kept.
function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /position \d+/.exec(cause.message)?.[0] : undefined;
  return position === undefined ? 'unexpected end of JSON' : `unexpected token at ${position}`;
}
