import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../usage-error.ts';
import { htmlReport } from './html-report.ts';
import type { Report } from './report.ts';

/**
 * Looks whether a page can be written there, before anything is measured for it.
 * @throws UsageError when its folder is not there or cannot be written to
 */
export async function checkReportPath(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await access(dirname(path), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--report: cannot write ${path}: ${cause.message}`, { cause });
  });
}

/**
 * Writes the page to a file, over what was there.
 * @throws UsageError when the file cannot be written
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  await writeFile(path, htmlReport(report)).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${cause.message}`, { cause });
  });
}
