import type { GenerateContentRequest, PromptContent, PromptPart } from '@gemini/client';
import type { CommandOptions, OptionValues } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { answerOptions, generationConfigOf } from './answer-options.ts';
import { maxFileBytes, readFilePart } from './read-file-part.ts';
import { readJsonSchema } from './read-json-schema.ts';
import { readPrompt } from './read-prompt.ts';

/** What is asked, and what the answer shall be like. */
export const promptOptions = {
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    multiple: true,
    description: 'send an image, a PDF, sound, video or text along; - is standard input',
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
 * The request for a command line: standard input, then the files, then the words.
 * @throws UsageError for what cannot be read or meant
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
  // Parts are read as one text, so what comes first ends with an empty line.
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
    // One after another: each may take what the others left of the limit.
    // oxlint-disable-next-line no-await-in-loop
    const { part, bytesCount } = await readFilePart(path, leftBytes);
    leftBytes -= bytesCount;
    parts.push(part);
  }
  return parts;
}
