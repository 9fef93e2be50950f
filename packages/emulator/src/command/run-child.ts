import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** What a shell says of a command that is not there. */
const notFound = 127;

const stdinDescriptor = 0;

/**
 * Runs a command with the terminal of this process until it ends; signals are passed on. Resolves with its exit code,
 * or with a shell's own: 127 where there is no such command (`program` says so on standard error), 128 + N for signal N.
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
    // Ctrl-C reaches the whole foreground of a terminal: passed on, it would come twice.
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

/** No key at all: it only has to be there for SDKs that insist on one. */
const dummyKey = 'emulator';

const dummyKeys = {
  GEMINI_API_KEY: dummyKey,
  GOOGLE_API_KEY: dummyKey,
  GOOGLE_GENERATIVE_AI_API_KEY: dummyKey,
};

/**
 * What points the common SDKs at the emulator: Google's own, in JavaScript, Python and Go; the AI SDK and LiteLLM for
 * the key. A key of the caller's own is replaced, so that it goes nowhere; for a recording (`keepKeys`) it stays, because
 * the server that is recorded wants it.
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
