import { formatBound, judge, type Goal } from './goal.ts';
import { formatNumber, printTable } from './print-table.ts';
import { recordResult } from './results.ts';

/** Prints which goals were met, and fails the process when one was not. */
export const judgeGoals = (goals: readonly Goal[]): void => {
  const judged = goals.map(judge);
  const rows = judged.map((goal) => [
    goal.what,
    formatNumber(goal.measured),
    formatBound(goal, goal.most ?? goal.least),
    formatBound(goal, goal.stretch),
    goal.verdict === 'missed' ? 'MISSED' : goal.verdict,
  ]);
  printTable('Goals', ['what', 'measured', 'goal', 'stretch', 'verdict'], rows);
  recordResult({ goals: judged });
  if (judged.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1;
};
