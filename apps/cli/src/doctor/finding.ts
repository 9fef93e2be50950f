import type { ReportFinding } from '../report/report.ts';

/** One thing that was looked at beside the stream itself. Its texts may quote a server. */
export interface Finding extends ReportFinding {
  readonly name: 'compression' | 'keep-alive' | 'leaving' | 'idle' | 'proxy' | 'on-the-way';
}
