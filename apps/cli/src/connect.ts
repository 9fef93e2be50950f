import type { Gemini, GeminiOptions } from '@gemini/client';
import type { Emulator } from '@gemini/emulator';
import type { CommandOptions, OptionValues } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { Output } from './terminal/output.ts';

/** A client, and the emulator behind it where there is one. */
export interface Connection extends AsyncDisposable {
  readonly gemini: Gemini;
  readonly emulator: Emulator | undefined;
}

/**
 * Connects to Google where there is a key, to the server that was named, or to an emulator of our own, which a note
 * tells. `client` is what else the client shall be like.
 * @throws UsageError when there is no key, no server, and the emulator is not wanted
 * @throws TypeError for options that the client refuses
 */
export async function connect(
  values: ConnectionValues,
  output: Output,
  client: GeminiOptions = {},
): Promise<Connection> {
  const isEmulated = needsEmulator(values);
  // Loaded only here: --help waits for neither, and who has a key does not wait for the emulator.
  const { createGemini } = await import('@gemini/client');
  const emulator = isEmulated ? await startEmulator(output) : undefined;
  const gemini = createGemini({
    model: values.model,
    baseUrl: emulator?.url ?? values['base-url'],
    vertex: asksVertex(values) ? vertexOptions(values) : undefined,
    ...client,
    // A reader of ours that waits (`| less`) may do so for as long as it likes.
    manager: { maxPauseMs: Infinity, ...client.manager },
  });
  return { gemini, emulator, [Symbol.asyncDispose]: async () => emulator?.close() };
}

function vertexOptions({ project, location }: ServerValues): GeminiOptions['vertex'] {
  // The name that other tools of Google Cloud take a token by: `gcloud auth print-access-token` gives one.
  const accessToken = process.env['GOOGLE_OAUTH_ACCESS_TOKEN'] || undefined;
  return { project, location, accessToken };
}

const group = 'Connection';

/** How to reach a model: the same in every command that asks one. */
export const connectionOptions = {
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    group,
    description: 'the model (GEMINI_MODEL; gemini-flash-latest)',
  },
  'base-url': { type: 'string', value: 'URL', group, description: 'another server (GEMINI_BASE_URL)' },
  vertex: { type: 'boolean', group, description: 'ask Vertex AI (GOOGLE_GENAI_USE_VERTEXAI)' },
  project: { type: 'string', value: 'NAME', group, description: 'of Vertex AI (GOOGLE_CLOUD_PROJECT)' },
  location: { type: 'string', value: 'NAME', group, description: 'of Vertex AI (GOOGLE_CLOUD_LOCATION; global)' },
  emulator: {
    type: 'boolean',
    default: true,
    group,
    description: 'fail where there is no API key, instead of starting the local emulator',
  },
} as const satisfies CommandOptions;

/** What was said about the connection. */
export type ConnectionValues = OptionValues<typeof connectionOptions>;

/** What was said about where answers come from. */
export type ServerValues = Omit<ConnectionValues, 'model' | 'emulator'>;

/**
 * Whether answers come from an emulator of our own: where nothing names a server, and there is no key for Google's.
 * @throws UsageError where that is not wanted
 */
export function needsEmulator(values: Omit<ConnectionValues, 'model'>, env: NodeJS.ProcessEnv = process.env): boolean {
  const hasKey = Boolean(env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY']);
  if (hasKey || asksVertex(values, env) || namedBaseUrl(values, env) !== undefined) return false;
  if (values.emulator) return true;
  throw new UsageError('no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or leave out --no-emulator');
}

/** The server that was named; undefined: Google's own. */
export function namedBaseUrl(values: ServerValues, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const ofGoogle = asksVertex(values, env) ? env['GOOGLE_VERTEX_BASE_URL'] : env['GOOGLE_GEMINI_BASE_URL'];
  return values['base-url'] ?? (env['GEMINI_BASE_URL'] || ofGoogle || undefined);
}

/** Whether Vertex AI is asked, by an option or by the environment that Google's own clients heed. */
export function asksVertex(values: ServerValues, env: NodeJS.ProcessEnv = process.env): boolean {
  const { vertex, project, location } = values;
  const wanted = env['GOOGLE_GENAI_USE_ENTERPRISE'] ?? env['GOOGLE_GENAI_USE_VERTEXAI'];
  return vertex || project !== undefined || location !== undefined || wanted?.toLowerCase() === 'true';
}

/** Starts the emulator that answers where there is no key, at a person's pace, and says so. */
export async function startEmulator(output: Output): Promise<Emulator> {
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  const emulator = await createEmulator({ pace: humanPace });
  output.note('gemini-stream: no API key, so a local emulator answers (set GEMINI_API_KEY for Gemini)');
  return emulator;
}
