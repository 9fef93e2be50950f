import { formatNumber, printTable } from './print-table.ts';

/** A bound on something measured: `most` is the highest value that meets it, `least` the lowest. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly most?: number;
  readonly least?: number;
  /** The same bound, tighter: worth trying for, and no failure when missed. */
  readonly stretch?: number;
}

const meets = (goal: Goal, bound: number | undefined): boolean =>
  bound === undefined || (goal.least === undefined ? goal.measured <= bound : goal.measured >= bound);

/** Prints which goals were met, and fails the process when one was not. */
export const judgeGoals = (goals: readonly Goal[]): void => {
  const rows = goals.map((goal) => {
    const bound = goal.most ?? goal.least;
    const isStretchMet = goal.stretch !== undefined && meets(goal, goal.stretch);
    const verdict = !meets(goal, bound) ? 'MISSED' : isStretchMet ? 'met, with the stretch' : 'met';
    const sign = goal.least === undefined ? '<=' : '>=';
    const show = (value: number | undefined): string => (value === undefined ? '–' : `${sign} ${value}`);
    return [goal.what, formatNumber(goal.measured), show(bound), show(goal.stretch), verdict];
  });
  printTable('Goals', ['what', 'measured', 'goal', 'stretch', 'verdict'], rows);
  if (goals.some((goal) => !meets(goal, goal.most ?? goal.least))) process.exitCode = 1;
};
