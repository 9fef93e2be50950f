import type { CommandOptions, OptionValues } from '../command.ts';
import { readNumber } from '../read-number.ts';

const group = 'Answer';

/** What the answer shall be like: the same for one answer and for a conversation. */
export const answerOptions = {
  system: { type: 'string', short: 's', value: 'TEXT', group, description: 'the system instruction' },
  thinking: { type: 'boolean', group, description: "the model's thoughts too, on standard error" },
  temperature: { type: 'string', short: 't', value: 'NUMBER', group, description: 'how freely words are chosen' },
  'top-p': { type: 'string', value: 'NUMBER', group, description: 'only the likeliest words, up to this share' },
  'top-k': { type: 'string', value: 'NUMBER', group, description: 'only so many of the likeliest words' },
  'max-tokens': { type: 'string', value: 'NUMBER', group, description: 'the longest answer' },
  seed: { type: 'string', value: 'NUMBER', group, description: 'the same seed asks for the same answer' },
  stop: { type: 'string', value: 'TEXT', multiple: true, group, description: 'end the answer before this text' },
} as const satisfies CommandOptions;

/** What was said about the answer. */
export type AnswerValues = OptionValues<typeof answerOptions>;

/**
 * The `generationConfig` for what was said; undefined where nothing was.
 * @throws UsageError for what is no number of its kind
 */
export function generationConfigOf(values: AnswerValues): Record<string, unknown> | undefined {
  const config = {
    temperature: readNumber('temperature', values.temperature, { least: 0 }),
    topP: readNumber('top-p', values['top-p'], { least: 0, most: 1 }),
    topK: readNumber('top-k', values['top-k'], { least: 1, whole: true }),
    maxOutputTokens: readNumber('max-tokens', values['max-tokens'], { least: 1, whole: true }),
    seed: readNumber('seed', values.seed, { least: -(2 ** 31), most: 2 ** 31 - 1, whole: true }),
    stopSequences: values.stop.length > 0 ? values.stop : undefined,
    thinkingConfig: values.thinking ? { includeThoughts: true } : undefined,
  };
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
