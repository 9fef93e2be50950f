import { createEmulator } from '../create-emulator.ts';
import { isLoopbackAddress } from '../server/check-host.ts';
import { childEnvironment } from './child-environment.ts';
import type { CommandLine } from './read-arguments.ts';
import { readOptions } from './read-options.ts';
import { runChild } from './run-child.ts';

/** Runs the emulator until a signal stops it, or until its command ends. Resolves with the exit code. */
export async function serve(line: CommandLine, host: NodeJS.Process, program: string): Promise<number> {
  const stopped = new Promise<number>((resolve) => {
    // With a command the signals are the command's; its end is ours.
    if (line.child.length > 0) return;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) host.once(signal, () => resolve(0));
  });
  const emulator = await createEmulator(await readOptions(line));
  try {
    const isRecording = line.recordFile !== undefined;
    const ready = `${program} listening on ${emulator.url}\n`;
    if (line.child.length > 0) host.stderr.write(ready);
    else host.stdout.write(ready);
    if (line.host !== undefined && !isLoopbackAddress(line.host)) {
      host.stderr.write(`${program}: ${line.host} is not loopback: other machines can reach it, under any name\n`);
    }
    return line.child.length > 0
      ? await runChild(line.child, childEnvironment(emulator.url, host.env, isRecording), host, program)
      : await stopped;
  } finally {
    await emulator.close();
  }
}
