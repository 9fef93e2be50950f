import type { Gemini, GeminiOptions } from '@gemini/client';
import type { Emulator } from '@gemini/emulator';
import type { CommandOptions, OptionValues } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { Output } from './terminal/output.ts';

/** A client, and the emulator behind it if this process started one. */
export interface Connection extends AsyncDisposable {
  readonly gemini: Gemini;
  readonly emulator: Emulator | undefined;
}

/**
 * Connects to the server that was named, to Google if there is a key, or else to an emulator in this process, which a
 * note reports. `client` has further options of the client.
 * @throws UsageError without a key and a server if the emulator is off
 * @throws TypeError for invalid client options
 */
export async function connect(
  values: ConnectionValues,
  output: Output,
  client: GeminiOptions = {},
): Promise<Connection> {
  const isEmulated = needsEmulator(values);
  // Loaded here so that --help loads neither, and a command with a key does not load the emulator.
  const { createGemini } = await import('@gemini/client');
  const emulator = isEmulated ? await startEmulator(output) : undefined;
  const gemini = createGemini({
    // No name has a comma.
    model: values.model?.includes(',') === true ? values.model.split(',') : values.model,
    baseUrl: emulator?.url ?? values['base-url'],
    vertex: usesVertex(values) ? vertexOptions(values) : undefined,
    ...client,
    // A slow reader of the output (`| less`) may pause the stream without a limit.
    manager: { maxPauseMs: Infinity, ...client.manager },
  });
  return { gemini, emulator, [Symbol.asyncDispose]: async () => emulator?.close() };
}

function vertexOptions({ project, location }: ServerValues): GeminiOptions['vertex'] {
  // Other tools of Google Cloud use this name for a token of `gcloud auth print-access-token`.
  const accessToken = process.env['GOOGLE_OAUTH_ACCESS_TOKEN'] || undefined;
  return { project, location, accessToken };
}

const group = 'Connection';

/** The connection options: the same in every command that asks a model. */
export const connectionOptions = {
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    env: ['GEMINI_MODEL'],
    group,
    description: 'the model, or several with commas: the next one if one is overloaded (GEMINI_MODEL)',
  },
  'base-url': {
    type: 'string',
    value: 'URL',
    env: ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL'],
    group,
    description: 'another server (GEMINI_BASE_URL)',
  },
  vertex: {
    type: 'boolean',
    env: ['GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_ENTERPRISE'],
    group,
    description: 'use Vertex AI (GOOGLE_GENAI_USE_VERTEXAI)',
  },
  project: {
    type: 'string',
    value: 'NAME',
    env: ['GOOGLE_CLOUD_PROJECT'],
    group,
    description: 'of Vertex AI (GOOGLE_CLOUD_PROJECT)',
  },
  location: {
    type: 'string',
    value: 'NAME',
    env: ['GOOGLE_CLOUD_LOCATION'],
    group,
    description: 'of Vertex AI (GOOGLE_CLOUD_LOCATION; global)',
  },
  emulator: {
    type: 'boolean',
    isOptional: true,
    group,
    description: 'without an API key, use the local emulator in a pipe too; --no-emulator never uses it',
  },
} as const satisfies CommandOptions;

/** The values of the connection options. */
type ConnectionValues = OptionValues<typeof connectionOptions>;

/** The values that choose the server. */
type ServerValues = Omit<ConnectionValues, 'model' | 'emulator'>;

/**
 * Returns whether an emulator in this process answers: without a named server and without a key for Google's.
 * @throws UsageError if an emulator is needed and is off
 */
export function needsEmulator(values: Omit<ConnectionValues, 'model'>, env: NodeJS.ProcessEnv = process.env): boolean {
  if (environmentKey(env) !== undefined || usesVertex(values, env) || namedBaseUrl(values, env) !== undefined)
    return false;
  if (values.emulator !== false) return true;
  throw new UsageError('no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or leave out --no-emulator');
}

/**
 * Refuses a command whose output is an answer, if the emulator would make it up and no person sees that.
 * @throws UsageError without a key, a server and a terminal, unless `--emulator` is given
 */
export function refuseInventedAnswer(values: Omit<ConnectionValues, 'model'>, output: Output): void {
  if (output.isTerminal || values.emulator === true || !needsEmulator(values)) return;
  throw new UsageError(
    'no API key: set GEMINI_API_KEY, or add --emulator for an answer that the local emulator makes up',
  );
}

/** Returns the API key of the environment, in the order of Google's own clients. */
export function environmentKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'] || undefined;
}

/** The server of the Developer API. */
export const googleBaseUrl = 'https://generativelanguage.googleapis.com';

/** Returns the URL of the named server; `undefined` for Google's own. */
export function namedBaseUrl(values: ServerValues, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const googleUrl = usesVertex(values, env) ? env['GOOGLE_VERTEX_BASE_URL'] : env['GOOGLE_GEMINI_BASE_URL'];
  return values['base-url'] ?? (env['GEMINI_BASE_URL'] || googleUrl || undefined);
}

/** Returns whether Vertex AI is used, by an option or by the environment variables of Google's own clients. */
export function usesVertex(values: ServerValues, env: NodeJS.ProcessEnv = process.env): boolean {
  const { vertex, project, location } = values;
  const wanted = env['GOOGLE_GENAI_USE_ENTERPRISE'] ?? env['GOOGLE_GENAI_USE_VERTEXAI'];
  return vertex || project !== undefined || location !== undefined || wanted?.toLowerCase() === 'true';
}

/** Starts the emulator that answers without a key, at the pace of a model, and notes that. */
export async function startEmulator(output: Output): Promise<Emulator> {
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  const emulator = await createEmulator({ pace: humanPace });
  output.note('gemini-stream: no API key, so a local emulator answers (set GEMINI_API_KEY for Gemini)');
  return emulator;
}
