/** How a stream can be continued: by its id, by a token, or not. */
export type Kind = 'run' | 'tokens' | 'plain';

/** A command of the test to a process of the cluster. */
export type Command =
  | { readonly type: 'start'; readonly id: string; readonly kind: Kind }
  | { readonly type: 'follow'; readonly id: string; readonly followersCount: number }
  /** Another process was killed in this moment. */
  | { readonly type: 'killed' };

/** A message of a process to the test. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'started'; readonly id: string }
  | { readonly type: 'followed'; readonly id: string; readonly followers: readonly FollowerReport[] };

/** All that one follower of a stream has seen. */
export interface FollowerReport {
  readonly text: string;
  readonly endsCount: number;
  readonly status: string;
  readonly code: string | null;
  /** The time from the death of the process to the first event of another one. */
  readonly takenOverMs: number | undefined;
}

/** Returns the prompt of a stream, and its whole answer. */
export function answerOf(id: string): { readonly prompt: string; readonly text: string } {
  const last = 8 + (Number(id.split('-').at(-1)) % 8);
  const text = `${Array.from({ length: last }, (_, index) => index + 1).join(', ')}.`;
  return { prompt: `Count slowly from 1 to ${last}`, text };
}
