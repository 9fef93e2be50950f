import type { GenerateContentRequest, PromptContent, PromptPart } from '@gemini/client';
import { readFile } from 'node:fs/promises';
import { type CommandOptions, type OptionValues, readNumber } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import { maxFileBytes, readFilePart } from './files.ts';
import { readPrompt } from './read-prompt.ts';

const group = 'Answer';

/** The options of an answer: the same for one answer and for a conversation. */
export const answerOptions = {
  system: { type: 'string', short: 's', value: 'TEXT', group, description: 'the system instruction' },
  thinking: { type: 'boolean', group, description: "the model's thoughts too, on standard error" },
  temperature: { type: 'string', short: 't', value: 'NUMBER', group, description: 'randomness of the answer' },
  'top-p': { type: 'string', value: 'NUMBER', group, description: 'only the likeliest words, up to this share' },
  'top-k': { type: 'string', value: 'NUMBER', group, description: 'only this many of the likeliest words' },
  'max-tokens': { type: 'string', value: 'NUMBER', group, description: 'the most tokens of the answer' },
  seed: { type: 'string', value: 'NUMBER', group, description: 'the same seed asks for the same answer' },
  stop: { type: 'string', value: 'TEXT', multiple: true, group, description: 'end the answer before this text' },
} as const satisfies CommandOptions;

/** The options of a prompt and its answer. */
export const promptOptions = {
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    multiple: true,
    description: 'add an image, a PDF, audio, video or text; - is standard input',
  },
  ...answerOptions,
  'json-schema': {
    type: 'string',
    value: 'FILE',
    group: 'Answer',
    description: 'answer in JSON that fits this schema',
  },
} as const satisfies CommandOptions;

/** A request whose files are still bytes. */
export type PromptRequest = Omit<GenerateContentRequest, 'contents'> & { readonly contents: readonly PromptContent[] };

/**
 * Returns the request for a command line: standard input, then the files, then the words.
 * @throws UsageError for unreadable files and invalid options
 */
export async function readRequest(
  values: OptionValues<typeof promptOptions>,
  words: readonly string[],
): Promise<PromptRequest> {
  const stdinIsFile = values.file.includes('-');
  if (stdinIsFile && words.includes('-')) {
    throw new UsageError('standard input is the file (--file -), so - cannot be the prompt');
  }
  const generationConfig = generationConfigOf(values);
  const schema = values['json-schema'] === undefined ? undefined : await readJsonSchema(values['json-schema']);
  const files = await readFiles(values.file);
  const prompt = await readPrompt(words, stdinIsFile);
  const texts = (text: string | undefined, end = ''): PromptPart[] =>
    text === undefined ? [] : [{ text: text + end }];
  // The model reads all parts as one text, so the context ends with an empty line.
  const contextEnd = files.length === 0 && prompt.words === undefined ? '' : '\n\n';
  const format = schema && { responseMimeType: 'application/json', responseJsonSchema: schema };
  return {
    contents: [{ role: 'user', parts: [...texts(prompt.context, contextEnd), ...files, ...texts(prompt.words)] }],
    ...(values.system === undefined ? {} : { systemInstruction: { parts: [{ text: values.system }] } }),
    ...(generationConfig || format ? { generationConfig: { ...generationConfig, ...format } } : {}),
  };
}

async function readFiles(paths: readonly string[]): Promise<PromptPart[]> {
  if (paths.filter((path) => path === '-').length > 1) throw new UsageError('--file - can be given once');
  const parts: PromptPart[] = [];
  let leftBytes = maxFileBytes;
  for (const path of paths) {
    // One after another: the files share one limit.
    // oxlint-disable-next-line no-await-in-loop
    const { part, bytesCount } = await readFilePart(path, leftBytes);
    leftBytes -= bytesCount;
    parts.push(part);
  }
  return parts;
}

/** The values of the answer options. */
type AnswerValues = OptionValues<typeof answerOptions>;

/**
 * Returns the `generationConfig` for the options, or `undefined` without any.
 * @throws UsageError for an invalid number
 */
export function generationConfigOf(values: AnswerValues): Record<string, unknown> | undefined {
  const config = {
    temperature: readNumber('temperature', values.temperature, { min: 0 }),
    topP: readNumber('top-p', values['top-p'], { min: 0, max: 1 }),
    topK: readNumber('top-k', values['top-k'], { min: 1, isInteger: true }),
    maxOutputTokens: readNumber('max-tokens', values['max-tokens'], { min: 1, isInteger: true }),
    seed: readNumber('seed', values.seed, { min: -(2 ** 31), max: 2 ** 31 - 1, isInteger: true }),
    stopSequences: values.stop.length > 0 ? values.stop : undefined,
    thinkingConfig: values.thinking ? { includeThoughts: true } : undefined,
  };
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/**
 * Reads a JSON schema from a file.
 * @throws UsageError for a file that is unreadable or not a JSON object
 */
async function readJsonSchema(path: string): Promise<object> {
  let schema: unknown;
  try {
    schema = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'not JSON' : ((cause as NodeJS.ErrnoException).code ?? 'unreadable');
    throw new UsageError(`cannot use ${path} as a schema: ${why}`, { cause });
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema;
  throw new UsageError(`cannot use ${path} as a schema: expected a JSON object`);
}
