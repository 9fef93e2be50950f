import type { AttemptReport } from '../attempts/attempt-report.ts';
import type { GeminiError } from '../errors/errors.ts';
import type { ToolTurn } from '../tools/tool-turn.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire.ts';

/**
 * How a stream ended. `completed`: with a finish reason. `blocked`: the prompt or the answer was refused. `truncated`:
 * the wire ended without a finish reason or inside an event. `failed`: an error of the API or the network. `stopped`: we left.
 */
export type OutcomeStatus = 'completed' | 'blocked' | 'truncated' | 'failed' | 'stopped';

/** How far token counts can be relied on. */
export type UsageKind = 'final' | 'last-seen';

/** The one end of a stream. It always carries what had come. */
export interface StreamOutcome {
  readonly status: OutcomeStatus;
  /** The answer text of the first candidate, without thoughts. */
  readonly text: string;
  /** The merged response. Its `content` is what the API takes back as history. */
  readonly response: GenerateContentResponse;
  readonly finishReason: string | undefined;
  readonly blockReason: string | undefined;
  /** The end of the body, an error, silence or a reset after the finish reason, or the caller's stop. */
  readonly endedBy: 'end' | 'error' | 'idle' | 'reset' | 'stop';
  /** The last token counts that came, added up over the requests that make up the answer. */
  readonly usage: UsageMetadata | undefined;
  /**
   * `final` where the server told the counts with the end of the answer. `last-seen` where it did not get to that: what
   * is billed may be more.
   */
  readonly usageKind: UsageKind | undefined;
  /** Events that could not be read and were passed over, as `invalidChunks: 'skip'` asks for. */
  readonly skippedChunks: number;
  /** Requests that were sent for it. */
  readonly attempts: number;
  /** Each of these requests, with the tokens it cost: those too whose content was discarded. */
  readonly attemptReports: readonly AttemptReport[];
  /** Why, unless it completed or was blocked. */
  readonly error: GeminiError | undefined;
  /**
   * Where the stream has functions of `tool()`: its answers, its calls and their results. `text`, `usage` and `attempts`
   * are then those of all answers, `response` is the last one's.
   */
  readonly turn?: ToolTurn | undefined;
}

const blockingFinishReasons = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
]);

/** Whether a finish reason says that the answer was withheld. `MAX_TOKENS` and unknown ones do not. */
export function isBlocking(finishReason: string): boolean {
  return blockingFinishReasons.has(finishReason);
}
