import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../free-port.ts';

const run = promisify(execFile);

/** A Redis of a test, on a port and in a folder of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** Runs a command with `redis-cli`, and returns what it prints. */
  command(...words: string[]): Promise<string>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, with what it has kept on its disk. */
  start(): Promise<void>;
}

/** Starts a Redis that keeps nothing, unless its arguments say otherwise. Resolves when it answers. */
export async function startRedis(...args: string[]): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const keeping = ['--dir', folder, '--save', '', '--appendonly', 'no'];
    const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--loglevel', 'warning', ...keeping, ...args];
    server = spawn('redis-server', words, { stdio: 'ignore' });
    await listening(port, server);
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    port,
    async command(...words) {
      const { stdout } = await run('redis-cli', ['-p', `${port}`, ...words]);
      return stdout.trim();
    },
    signal: (signal) => void server?.kill(signal),
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when a Redis answers, also if it is still loading its file. */
async function listening(port: number, server: ChildProcess): Promise<void> {
  for (let patience = 400; patience > 0; patience -= 1) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    const answer = await ping(port).catch(() => '');
    if (answer.startsWith('+PONG')) return;
    await sleep(25);
  }
  throw new Error('redis-server did not come up');
}

async function ping(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
  }
}
