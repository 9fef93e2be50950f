/** The status of an interaction. The first is the only one that changes. */
export type InteractionStatus =
  | 'in_progress'
  | 'completed'
  | 'requires_action'
  | 'incomplete'
  | 'failed'
  | 'cancelled'
  | 'requires_continuation';

const ends: ReadonlySet<string> = new Set([
  'completed',
  'requires_action',
  'incomplete',
  'failed',
  'cancelled',
  'requires_continuation',
]);

/** Something that happens to an interaction. */
export type InteractionChange =
  /** The model ended, with the status that it reports. */
  | { readonly type: 'end'; readonly status: string }
  /** An error ended the run. */
  | { readonly type: 'fail' }
  /** The caller cancelled the run, or the connection of a foreground interaction was lost. */
  | { readonly type: 'cancel' };

/** Returns the status after a change. Once it has ended, nothing changes it. Pure. */
export function nextStatus(status: InteractionStatus, change: InteractionChange): InteractionStatus {
  if (status !== 'in_progress') return status;
  switch (change.type) {
    case 'end':
      return ends.has(change.status) ? (change.status as InteractionStatus) : 'incomplete';
    case 'fail':
      return 'failed';
    case 'cancel':
      return 'cancelled';
  }
}
