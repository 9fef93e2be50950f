import type { CommandOptions, OptionValues } from '../command.ts';
import type { Output } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { createChunkWriter, createJsonWriter } from './json-writer.ts';
import { createTextWriter } from './text-writer.ts';
import { createTimedWriter } from './timed-writer.ts';

/** The forms of an answer. */
export const formatOptions = {
  json: { type: 'boolean', description: 'events as JSON, one a line; the last, also of a failure, has "type":"end"' },
  raw: { type: 'boolean', description: "the server's chunks, one a line; with --json as events among the others" },
  timing: { type: 'boolean', description: 'each piece on a line with its time; with --json as atMs' },
} as const satisfies CommandOptions;

/** What was said about the form. */
export type FormatValues = OptionValues<typeof formatOptions>;

/**
 * The writer for what was said.
 * @throws UsageError for forms that exclude each other
 */
export function createAnswerWriter(values: FormatValues, emulated: boolean, output: Output): AnswerWriter {
  if (values.json) return createJsonWriter(output, { emulated, timed: values.timing });
  if (values.raw && values.timing) throw new UsageError('--raw shows chunks as they are: for their times add --json');
  if (values.raw) return createChunkWriter(output);
  return values.timing ? createTimedWriter(output) : createTextWriter(output);
}
