import { createEmulator } from '../create-emulator.ts';
import type { CommandRequest } from './read-arguments.ts';

const standardPort = 8787;

/** Runs the emulator until a signal stops it. Resolves with the exit code. */
export async function serve(
  request: Extract<CommandRequest, { type: 'serve' }>,
  host: NodeJS.Process,
): Promise<number> {
  const emulator = await createEmulator({ ...request.options, port: request.options.port ?? standardPort });
  try {
    host.stdout.write(`gemini-emulator listening on ${emulator.url}\n`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) host.once(signal, () => resolve());
    });
  } finally {
    await emulator.close();
  }
  return 0;
}
