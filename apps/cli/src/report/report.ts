import type { TimingAnalysis } from '../measure/analysis.ts';
import type { MeasuredRun } from '../measure/measured-run.ts';

/** Whether something is as it should be; `unknown` if that could not be measured. */
export type Tone = 'good' | 'bad' | 'unknown';

/** One measured run of the picture. */
export interface ReportLane {
  readonly label: string;
  readonly note: string;
  readonly tone: Tone;
  readonly run: MeasuredRun;
}

/** A fact about the path. */
export interface ReportFinding {
  readonly label: string;
  readonly tone: Tone;
  readonly finding: string;
  /** One line that fixes it. */
  readonly fix?: string | undefined;
}

/** The contents of a page. Its texts are untrusted: they may quote a server or a model. */
export interface Report {
  /** The command of the report, such as `gemini-stream demo`. */
  readonly command: string;
  /** The prompt or the URL. */
  readonly subject: string;
  /** The server that answered, if the subject does not name it: `the local emulator`. */
  readonly source?: string | undefined;
  readonly madeAt: Date;
  readonly tone: Tone;
  /** The verdict in a few words. */
  readonly headline: string;
  /** The verdict in a sentence or two. */
  readonly explanation: string;
  /** The likely cause. */
  readonly cause?: string | undefined;
  readonly fix?: string | undefined;
  /** The figures of the runs that are judged. */
  readonly analysis: TimingAnalysis;
  /** Runs under one time axis, one below the other. */
  readonly lanes: readonly ReportLane[];
  readonly findings: readonly ReportFinding[];
}
