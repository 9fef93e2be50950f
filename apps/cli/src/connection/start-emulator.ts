import type { Emulator } from '@gemini/emulator';
import type { Output } from '../terminal/output.ts';

/** Starts the emulator that answers where there is no key, at a person's pace, and says so. */
export async function startEmulator(output: Output): Promise<Emulator> {
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  const emulator = await createEmulator({ pace: humanPace });
  output.note('gemini-stream: no API key, so a local emulator answers (set GEMINI_API_KEY for Gemini)');
  return emulator;
}
