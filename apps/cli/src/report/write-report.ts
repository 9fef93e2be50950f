import { writeFile } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';
import { htmlReport } from './html-report.ts';
import type { Report } from './report.ts';

/**
 * Writes the page to a file, over what was there.
 * @throws UsageError when the file cannot be written
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  await writeFile(path, htmlReport(report)).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${cause.message}`, { cause });
  });
}
