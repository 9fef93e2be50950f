import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { visible } from './visible.ts';

/** The exit code that shells use for an unknown command. */
const notFound = 127;

const stdinDescriptor = 0;

/**
 * Runs a command in the terminal of this process and forwards signals to it. Resolves with its exit code, or as a shell
 * does: 127 for an unknown command (after one line on standard error that begins with `program`), 128 + N for signal N.
 */
export function runChild(
  [command = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  host: NodeJS.Process,
  program: string,
): Promise<number> {
  const child = spawn(command, args, { env: environment, stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const passOn = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to all its foreground processes. If it were forwarded too, the child would receive it twice.
    if (signal !== 'SIGINT' || !isatty(stdinDescriptor)) child.kill(signal);
  };
  const forwards = signals.map((signal) => [signal, (): void => passOn(signal)] as const);
  for (const [signal, forward] of forwards) host.on(signal, forward);
  return new Promise<number>((resolve) => {
    child.once('error', (error) => {
      host.stderr.write(`${program}: ${visible(`${command}: ${error.message}`)}\n`);
      resolve(notFound);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => {
    for (const [signal, forward] of forwards) host.off(signal, forward);
  });
}

/** A dummy key for SDKs that require one. */
const dummyKey = 'emulator';

const dummyKeys = {
  GEMINI_API_KEY: dummyKey,
  GOOGLE_API_KEY: dummyKey,
  GOOGLE_GENERATIVE_AI_API_KEY: dummyKey,
};

/**
 * Returns an environment that points Gemini SDKs to the emulator: Google's own for JavaScript, Python and Go, LiteLLM,
 * and (only for the key) the AI SDK. It replaces the caller's own key, so that the key is not sent. `keepKeys` keeps it,
 * because a recorded server needs it.
 */
export function childEnvironment(url: string, inherited: NodeJS.ProcessEnv, keepKeys = false): NodeJS.ProcessEnv {
  return {
    ...inherited,
    GEMINI_EMULATOR_URL: url,
    GEMINI_BASE_URL: url,
    GOOGLE_GEMINI_BASE_URL: url,
    GOOGLE_VERTEX_BASE_URL: url,
    GEMINI_API_BASE: url,
    ...(keepKeys ? {} : dummyKeys),
  };
}
