import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The counts of the server since its start. */
export interface ServerReport {
  readonly type: 'report';
  /** Requests that are being answered. */
  readonly openCount: number;
  readonly requestsCount: number;
  /** Requests that the client left before the server was done. */
  readonly leftCount: number;
  /** How often each fault was met. */
  readonly faults: Readonly<Record<string, number>>;
}

/** The requests of the parent, each answered by one message. */
export type ServerOrder =
  /** Start, or drop every connection and start again at the same port. */
  { readonly type: 'start'; readonly seed: number; readonly port: number } | { readonly type: 'report' };

/** The answers of the child. */
export type ServerAnswer = ServerReport | { readonly type: 'listening'; readonly url: string };

/** An emulator with chaos in a process of its own, so that what is measured here is the client's alone. */
export interface ChaosServer extends AsyncDisposable {
  readonly url: string;
  /** Drops every connection and starts again at the same address, with another seed. */
  restart(seed: number): Promise<void>;
  report(): Promise<ServerReport>;
}

/** Starts it. Rejects when the process does not come up. */
export async function startChaosServer(seed: number): Promise<ChaosServer> {
  const child = fork(fileURLToPath(new URL('chaos-server-process.ts', import.meta.url)), {
    execArgv: ['--conditions=@gemini/source'],
  });
  const answers = on(child, 'message', { close: ['exit'] });
  let last: Promise<unknown> = Promise.resolve();
  /** One order after the other, so that each answer belongs to its order. */
  const ask = (order: ServerOrder): Promise<ServerAnswer> => {
    const turn = last.then(async () => {
      child.send(order);
      const { value, done } = await answers.next();
      if (done === true) throw new Error(`the server's process ended with ${child.exitCode}`);
      const [answer] = value as [ServerAnswer];
      return answer;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  const started = await ask({ type: 'start', seed, port: 0 });
  const url = started.type === 'listening' ? started.url : '';
  return {
    url,
    async restart(nextSeed) {
      await ask({ type: 'start', seed: nextSeed, port: Number(new URL(url).port) });
    },
    async report() {
      const answer = await ask({ type: 'report' });
      if (answer.type !== 'report') throw new Error(`expected a report, got ${answer.type}`);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
