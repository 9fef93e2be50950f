/** A bound on something measured: `most` is the highest value that meets it, `least` the lowest. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly most?: number;
  readonly least?: number;
  /** The same bound, tighter: worth trying for, and no failure when missed. */
  readonly stretch?: number;
  /** The same figure of another client, measured in the same run. */
  readonly peer?: { readonly name: string; readonly measured: number };
}

/** A goal, and what became of it. */
export interface JudgedGoal extends Goal {
  readonly verdict: 'missed' | 'met' | 'met, with the stretch';
}

const meets = (goal: Goal, bound: number | undefined): boolean =>
  bound === undefined || (goal.least === undefined ? goal.measured <= bound : goal.measured >= bound);

/** A figure that could not be measured does not meet its goal. */
export const judge = (goal: Goal): JudgedGoal => {
  const isMet = Number.isFinite(goal.measured) && meets(goal, goal.most ?? goal.least);
  const isStretchMet = goal.stretch !== undefined && meets(goal, goal.stretch);
  return { ...goal, verdict: !isMet ? 'missed' : isStretchMet ? 'met, with the stretch' : 'met' };
};

/** A bound as it is read: `<= 1.25`. */
export const formatBound = (goal: Goal, bound: number | undefined): string =>
  bound === undefined ? '–' : `${goal.least === undefined ? '<=' : '>='} ${bound}`;
