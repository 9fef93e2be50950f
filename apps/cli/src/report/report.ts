import type { TimingAnalysis } from '../measure/analysis.ts';
import type { MeasuredRun } from '../measure/measured-run.ts';

/** Whether something is as it should be; `unknown` where that could not be seen. */
export type Tone = 'good' | 'bad' | 'unknown';

/** One measured run in the picture. */
export interface ReportLane {
  readonly label: string;
  readonly note: string;
  readonly tone: Tone;
  readonly run: MeasuredRun;
}

/** Something that was looked at, and what was found. */
export interface ReportFinding {
  readonly label: string;
  readonly tone: Tone;
  readonly finding: string;
  /** One line that mends it. */
  readonly cure?: string | undefined;
}

/** What a page shows. Its texts are untrusted: they may quote a server or a model. */
export interface Report {
  /** The command that made it, such as `gemini-stream demo`. */
  readonly command: string;
  /** What was asked, or whom. */
  readonly subject: string;
  /** Who answered, where it was not the server that the subject names: `the local emulator`. */
  readonly source?: string | undefined;
  readonly madeAt: Date;
  readonly tone: Tone;
  /** The verdict in a few words. */
  readonly headline: string;
  /** The verdict in a sentence or two. */
  readonly explanation: string;
  /** Who most likely is to blame. */
  readonly cause?: string | undefined;
  readonly cure?: string | undefined;
  /** The figures of the runs that are judged. */
  readonly analysis: TimingAnalysis;
  /** Runs under one time axis, one below the other. */
  readonly lanes: readonly ReportLane[];
  readonly findings: readonly ReportFinding[];
}
