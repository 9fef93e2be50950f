import type { Gemini } from '@gemini/client';
import type { Emulator } from '@gemini/emulator';
import type { Output } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import type { ConnectionValues } from './connection-options.ts';

/** A client, and the emulator behind it where there is one. */
export interface Connection extends AsyncDisposable {
  readonly gemini: Gemini;
  readonly emulator: Emulator | undefined;
}

/**
 * Connects to Google where there is a key, to the server that was named, or to an emulator of our own, which a note
 * tells.
 * @throws UsageError when there is no key, no server, and the emulator is not wanted
 */
export async function connect(
  values: ConnectionValues,
  output: Output,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Connection> {
  const { model, 'base-url': baseUrl } = values;
  const hasKey = Boolean(env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY']);
  const hasServer = Boolean(baseUrl ?? (env['GEMINI_BASE_URL'] || env['GOOGLE_GEMINI_BASE_URL']));
  if (!hasKey && !hasServer && !values.emulator) {
    throw new UsageError('no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or leave out --no-emulator');
  }
  // Loaded only here: --help waits for neither, and who has a key does not wait for the emulator.
  const { createGemini } = await import('@gemini/client');
  const emulator = hasKey || hasServer ? undefined : await startEmulator();
  if (emulator !== undefined) output.note(emulatorNotice);
  const close = async (): Promise<void> => emulator?.close();
  try {
    const gemini = createGemini({
      model,
      baseUrl: emulator?.url ?? baseUrl,
      // A reader of ours that waits (`| less`) may do so for as long as it likes.
      manager: { maxPauseMs: Infinity },
    });
    return { gemini, emulator, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startEmulator(): Promise<Emulator> {
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  return createEmulator({ pace: humanPace });
}

const emulatorNotice = 'gemini-stream: no API key, so a local emulator answers (set GEMINI_API_KEY for Gemini)';
