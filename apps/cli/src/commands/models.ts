import { failureOf, isRecord } from '@gemini/client/wire';
import { isLoopbackHost, requestJson } from '@gemini/http-streaming';
import { type OptionValues, defineCommand } from '../command.ts';
import {
  connectionOptions,
  environmentKey,
  googleBaseUrl,
  namedBaseUrl,
  needsEmulator,
  refuseInventedAnswer,
  startEmulator,
  usesVertex,
} from '../connect.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { failureText } from '../failure-text.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';

/** The largest page that the API sends. */
const pageSize = 1_000;
/** Pages of one list. A server whose list has no end is left after them. */
const maxPages = 100;

const { model: _model, vertex, project, location, ...serverOptions } = connectionOptions;
const options = {
  all: { type: 'boolean', description: 'also models that stream no answers, such as those for embeddings' },
  json: { type: 'boolean', description: 'one model a line, as the server describes it; the last has "type":"end"' },
  ...serverOptions,
  // Read so that a setting of Vertex AI is refused with its reason.
  vertex,
  project,
  location,
} as const;

/** `gemini-stream models`: the models of a server, for `--model`. */
export const modelsCommand = defineCommand({
  usage: ['models [options] [WORD…]'],
  options,
  examples: [
    ['models', 'the models that stream answers'],
    ['models flash', 'those with this word in their names'],
    ['models --json | jq -r .name', 'their names, for a program'],
  ],
  notes: ['Exit codes: 0 listed, 1 the API refused, 2 usage, 3 network or time-out.'],
  async run({ values, positionals, rest = [], output }) {
    if (usesVertex(values)) throw new UsageError('Vertex AI has no list of models here: see its Model Garden');
    refuseInventedAnswer(values, output);
    const emulator = needsEmulator(values) ? await startEmulator(output) : undefined;
    try {
      const server = emulator?.url ?? namedBaseUrl(values) ?? googleBaseUrl;
      return await listModels(server, [...positionals, ...rest], values, output);
    } finally {
      await emulator?.close();
    }
  },
});

/** A model as a server describes it. */
type Model = Readonly<Record<string, unknown>> & { readonly name: string };

async function listModels(
  server: string,
  words: readonly string[],
  { all, json }: Pick<OptionValues<typeof options>, 'all' | 'json'>,
  output: Output,
): Promise<number> {
  const key = environmentKey();
  const models: Model[] = [];
  try {
    for await (const model of modelsOf(server, key)) {
      if ((all || streamsAnswers(model)) && words.every((word) => nameOf(model).includes(word))) models.push(model);
    }
  } catch (cause) {
    if (cause instanceof TypeError || cause instanceof UsageError) throw cause;
    const error = failureOf(cause, key);
    if (json) output.json({ type: 'end', status: 'failed', error: { code: error.code, message: error.message } });
    output.note(`gemini-stream: ${failureText(error)}`);
    return exitCodeOf({ status: 'failed', error });
  }
  if (json) {
    for (const model of models) output.json({ type: 'model', ...model, name: nameOf(model) });
    output.json({ type: 'end', status: 'completed', models: models.length });
  } else if (models.length > 0) output.line(tableOf(models));
  else output.note('gemini-stream: no model has this name (--all lists those that stream no answers too)');
  return exitCodes.ok;
}

/** Yields the models of all pages. */
async function* modelsOf(server: string, key: string | undefined): AsyncGenerator<Model, void> {
  let pageToken = '';
  for (let page = 0; page < maxPages; page += 1) {
    const url = modelsUrl(server, key);
    url.searchParams.set('pageSize', String(pageSize));
    if (pageToken !== '') url.searchParams.set('pageToken', pageToken);
    // One page after another: each names the next.
    // oxlint-disable-next-line no-await-in-loop
    const { value } = await requestJson({ url, headers: key === undefined ? {} : { 'x-goog-api-key': key } });
    const { models = [], nextPageToken = '' } = isRecord(value) ? value : {};
    if (!Array.isArray(models)) throw new Error('expected a list of models from the server');
    for (const model of models as unknown[]) if (isModel(model)) yield model;
    if (typeof nextPageToken !== 'string' || nextPageToken === '' || nextPageToken === pageToken) return;
    pageToken = nextPageToken;
  }
}

function modelsUrl(server: string, key: string | undefined): URL {
  if (!URL.canParse(server)) throw new TypeError(`baseUrl: expected a URL, got ${JSON.stringify(server)}`);
  const base = new URL(server);
  refuseClearKey(base, key);
  const path = base.pathname.replace(/\/+$/, '');
  const version = /\/v\d+(?:(?:alpha|beta)\d*)?$/.test(path) ? '' : '/v1beta';
  const url = new URL(`${path}${version}/models`, base);
  for (const [name, value] of base.searchParams) url.searchParams.append(name, value);
  return url;
}

function refuseClearKey({ protocol, hostname, host }: URL, key: string | undefined): void {
  if (key === undefined || protocol === 'https:' || isLoopbackHost(hostname)) return;
  throw new UsageError(`the key would be sent unencrypted to ${host}: use an https URL`);
}

function isModel(value: unknown): value is Model {
  return isRecord(value) && typeof value['name'] === 'string';
}

function nameOf({ name }: Model): string {
  return visibleText(name.replace(/^models\//, ''));
}

/** Whether a model answers prompts. A server that does not describe its models is believed. */
function streamsAnswers({ supportedGenerationMethods: methods }: Model): boolean {
  return !Array.isArray(methods) || methods.some((method) => /generateContent$/i.test(String(method)));
}

function tableOf(models: readonly Model[]): string {
  const rows = models.map((model) => [nameOf(model), limitsOf(model), textOf(model['displayName'])] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function limitsOf({ inputTokenLimit: input, outputTokenLimit: most }: Model): string {
  const counts = [input, most].filter((count) => typeof count === 'number');
  return counts.length < 2 ? '' : `${counts.map((count) => count.toLocaleString('en-US')).join(' in, ')} out`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? visibleText(value) : '';
}
