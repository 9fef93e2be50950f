import { createGemini, type Gemini } from '@gemini/client';
import type { Emulator } from '@gemini/emulator';
import type { CommandOptions } from './command-options.ts';
import { UsageError } from './usage-error.ts';

/** A client, and the emulator behind it where there is one. */
export interface Connection extends AsyncDisposable {
  readonly gemini: Gemini;
  readonly emulator: Emulator | undefined;
}

/**
 * Connects to Google where there is a key, to the server that was named, or to an emulator of our own.
 * @throws UsageError when there is no key, no server, and the emulator is not wanted
 */
export async function connect(
  options: Pick<CommandOptions, 'model' | 'baseUrl' | 'emulator'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Connection> {
  const { model, baseUrl } = options;
  const hasKey = Boolean(env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY']);
  const hasServer = Boolean(baseUrl ?? (env['GEMINI_BASE_URL'] || env['GOOGLE_GEMINI_BASE_URL']));
  if (hasKey || hasServer) {
    return { gemini: createGemini({ model, baseUrl }), emulator: undefined, async [Symbol.asyncDispose]() {} };
  }
  if (!options.emulator) {
    throw new UsageError('no API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or leave out --no-emulator');
  }
  // Loaded only here: who has a key does not wait for it.
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  const emulator = await createEmulator({ pace: humanPace });
  return {
    gemini: createGemini({ model, baseUrl: emulator.url }),
    emulator,
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

/** What standard error says when the answers are not Gemini's. */
export const emulatorNotice = 'gemini-stream: no API key, so a local emulator answers (set GEMINI_API_KEY for Gemini)';
