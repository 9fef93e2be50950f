import type { Gemini, GeminiOptions } from '@gemini/client';
import type { Emulator } from '@gemini/emulator';
import type { Output } from '../terminal/output.ts';
import type { ConnectionValues } from './connection-options.ts';
import { asksVertex, needsEmulator, type ServerValues } from './server-choice.ts';
import { startEmulator } from './start-emulator.ts';

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
