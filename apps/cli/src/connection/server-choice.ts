import { UsageError } from '../usage-error.ts';
import type { ConnectionValues } from './connection-options.ts';

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
