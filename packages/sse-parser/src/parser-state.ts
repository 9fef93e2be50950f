import type { SseError } from './errors.ts';

/** What the parts of a parser tell it. */
export interface ParserState {
  /** The last event id. */
  id: string;
  /** What every call but `reset` throws from now on. */
  error: SseError | undefined;
}
