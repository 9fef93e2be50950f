import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** The exit code of a shell for an unknown command. */
const notFound = 127;

const stdinDescriptor = 0;

/**
 * Runs a command with the terminal of this process until it ends, and passes signals on to it. Resolves with its exit
 * code, or with that of a shell: 127 for an unknown command (with a line of `program` on standard error), 128 + N for
 * signal N.
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
    // A terminal sends Ctrl-C to all its foreground processes: passed on, it would arrive twice.
    if (signal !== 'SIGINT' || !isatty(stdinDescriptor)) child.kill(signal);
  };
  const forwards = signals.map((signal) => [signal, (): void => passOn(signal)] as const);
  for (const [signal, forward] of forwards) host.on(signal, forward);
  return new Promise<number>((resolve) => {
    child.once('error', (error) => {
      host.stderr.write(`${program}: ${command}: ${error.message}\n`);
      resolve(notFound);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => {
    for (const [signal, forward] of forwards) host.off(signal, forward);
  });
}

/** A dummy key, for SDKs that require one. */
const dummyKey = 'emulator';

const dummyKeys = {
  GEMINI_API_KEY: dummyKey,
  GOOGLE_API_KEY: dummyKey,
  GOOGLE_GENERATIVE_AI_API_KEY: dummyKey,
};

/**
 * Returns the environment that points common SDKs at the emulator: Google's own in JavaScript, Python and Go, and the AI
 * SDK and LiteLLM for the key. The caller's own key is replaced, so that it is not sent. For a recording (`keepKeys`) it
 * stays, because the recorded server needs it.
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
