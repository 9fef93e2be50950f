import { createEmulator } from '../create-emulator.ts';
import { scenarios } from '../scenarios/scenarios.ts';
import { isLoopbackAddress } from '../server/access.ts';
import { type CommandLine, helpText, readArguments, readOptions } from './arguments.ts';
import { requestLine } from './request-line.ts';
import { childEnvironment, runChild } from './run-child.ts';
import { visible } from './visible.ts';

const usageError = 2;

/**
 * Runs a command line of the emulator until a signal stops it or its child command ends. Resolves with the exit code.
 * Reports an error as one line on standard error, after the name of the program.
 */
export async function runCommand(
  words: readonly string[],
  program = 'gemini-emulator',
  host: NodeJS.Process = process,
): Promise<number> {
  try {
    const line = readArguments(words);
    if (line.action === 'serve') return await serve(line, host, program);
    host.stdout.write(line.action === 'help' ? helpText(program) : listOfScenarios());
    return 0;
  } catch (error) {
    host.stderr.write(`${program}: ${visible(error instanceof Error ? error.message : String(error))}\n`);
    return error instanceof TypeError ? usageError : 1;
  }
}

function listOfScenarios(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join('');
}

/** The exit code that shells use for an interrupted command. */
const interrupted = 130;

/**
 * Runs the emulator until a signal stops it or its child command ends. Resolves with the exit code: 130 after SIGINT, 0
 * after SIGTERM, which is the usual way for a script to stop a server. A second signal exits at once with 130: the system
 * merges two interrupts that arrive together, so one and two interrupts must give the same code. While a child command
 * runs, it receives the signals.
 */
async function serve(line: CommandLine, host: NodeJS.Process, program: string): Promise<number> {
  let signalsCount = 0;
  let isChildRunning = false;
  const stopped = new Promise<number>((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      signalsCount += 1;
      if (signalsCount > 1 && !isChildRunning) host.exit(interrupted);
      resolve(signal === 'SIGINT' ? interrupted : 0);
    };
    // These listeners are never removed: without one, the next signal would kill the process.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, onSignal);
  });
  const isLogging = line.child.length === 0 && !line.isQuiet;
  const emulator = await createEmulator({
    ...(await readOptions(line)),
    onRequestEnd: isLogging ? (request) => void host.stderr.write(`${requestLine(request)}\n`) : undefined,
  });
  try {
    const isRecording = line.recordFile !== undefined;
    const ready = `${program} listening on ${emulator.url}\n`;
    if (line.child.length > 0) host.stderr.write(ready);
    else host.stdout.write(ready);
    if (line.host !== undefined && !isLoopbackAddress(line.host)) {
      host.stderr.write(
        `${program}: ${visible(line.host)} is not loopback: other machines can reach the emulator under any host name\n`,
      );
    }
    if (line.child.length === 0) return await stopped;
    if (signalsCount > 0) return interrupted;
    isChildRunning = true;
    return await runChild(line.child, childEnvironment(emulator.url, host.env, isRecording), host, program);
  } finally {
    isChildRunning = false;
    await emulator.close();
  }
}
