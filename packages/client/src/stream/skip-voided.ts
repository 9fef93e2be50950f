/**
 * Says of each item in turn whether it is to be skipped: those up to the one that declared them void, and that one too.
 * A stream that was never begun anew has none, and of a history with a hole nothing more is skipped.
 */
export function skipVoided(voided: object | undefined): (item: { readonly type: string }) => boolean {
  let isSkipping = voided !== undefined;
  return (item) => {
    if (!isSkipping) return false;
    if (item === voided || item.type === 'gap') isSkipping = false;
    return item.type !== 'gap';
  };
}
