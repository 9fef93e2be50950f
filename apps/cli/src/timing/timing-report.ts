import { milliseconds, type Check, type TimingAnalysis } from './analyse-timing.ts';

/** The analysis as lines for a person. */
export function timingReport(analysis: TimingAnalysis): string[] {
  const { firstMs, averageIntervalMs, gapP50Ms, gapMaxMs, timesMs, checks } = analysis;
  const lines = [
    ['events', String(timesMs.length)],
    ['first event', told(firstMs)],
    ['average interval', told(averageIntervalMs)],
    ['server to screen', gapP50Ms === undefined ? 'not told' : `p50 ${told(gapP50Ms)}, longest ${told(gapMaxMs)}`],
    ['event times (ms)', timesMs.map((ms) => Math.round(ms)).join(' ')],
  ].map(([name = '', value = '']) => `  ${name.padEnd(18)}${value}`);
  return [...lines, '', ...checks.map(checkLine)];
}

function checkLine({ name, bar, measured, met }: Check): string {
  const mark = met === undefined ? '-' : met ? '✓' : '✗';
  return `  ${mark} ${name.padEnd(18)}${measured} (${bar})`;
}

function told(ms: number | undefined): string {
  return ms === undefined ? 'none' : milliseconds(ms);
}
