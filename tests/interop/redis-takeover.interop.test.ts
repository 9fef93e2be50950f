import { createEmulator } from '@gemini/emulator';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { countCases } from '../../scripts/count-cases.ts';
import { createRandom } from '../soak/random.ts';
import { root } from '../workspace-packages.ts';
import { leaseMs } from './redis/redis-nodes.ts';
import { startRedis } from './redis/redis-server.ts';
import { answerOf, type Command, type FollowerReport, type Kind, type Report } from './redis/takeover-messages.ts';

const streamsCount = 200;
const followersCount = 10;
const kinds: readonly Kind[] = ['run', 'tokens', 'plain'];

// `TAKEOVER_SEED=7` repeats a run, `TAKEOVER_RUNS=20` makes more of them.
const { TAKEOVER_SEED: seed, TAKEOVER_RUNS: runs = '1' } = process.env;
const seeds = seed === undefined ? Array.from({ length: Number(runs) }, (_, index) => index + 1) : [Number(seed)];

/** A process of the cluster. */
class Node implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #reports: Report[] = [];

  constructor(...words: string[]) {
    this.#child = fork(join(root, 'tests/interop/redis/takeover-node.ts'), words, {
      execArgv: ['--conditions=@gemini/source'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.setMaxListeners(Infinity);
    this.#child.on('message', (report: Report) => this.#reports.push(report));
  }

  send(command: Command): void {
    if (this.#child.connected) this.#child.send(command);
  }

  /** Resolves with the first report that fits. */
  async report<Type extends Report['type']>(type: Type, id?: string): Promise<Extract<Report, { type: Type }>> {
    for (;;) {
      const found = this.#reports.find((report) => report.type === type && (!('id' in report) || report.id === id));
      if (found !== undefined) return found as Extract<Report, { type: Type }>;
      if (this.#child.exitCode !== null) throw new Error(`a process ended with ${this.#child.exitCode}`);
      await Promise.race([once(this.#child, 'message'), this.#exited]);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

it.for(seeds)(
  'the process of 200 streams is killed, and 10 followers of each notice nothing: seed %i',
  async (number, { annotate, task }) => {
    countCases(task, 200);
    const random = createRandom(number);
    await using redis = await startRedis();
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 8, burst: 1 } });
    const words = [`redis://127.0.0.1:${redis.port}`, emulator.url, String(leaseMs)];
    await using dying = new Node(...words);
    await using left = new Node(...words);
    await using right = new Node(...words);
    await Promise.all([dying, left, right].map((node) => node.report('ready')));
    const streams = Array.from({ length: streamsCount }, (_, index) => ({
      id: `${number}-${index}`,
      kind: random.pick(kinds as readonly [Kind, ...Kind[]]),
      heir: random.chance(0.5) ? left : right,
      /** Whether the start is repeated before the process is killed. */
      isEarly: random.chance(0.5),
    }));
    const followed: Promise<readonly FollowerReport[]>[] = [];
    for (const [index, { id, kind, heir, isEarly }] of streams.entries()) {
      dying.send({ type: 'start', id, kind });
      await dying.report('started', id);
      if (isEarly) heir.send({ type: 'start', id, kind });
      for (const node of [left, right]) {
        node.send({ type: 'follow', id, followersCount: followersCount / 2 });
        followed.push(node.report('followed', id).then(({ followers }) => followers));
      }
      if (index % 10 === 0) await pause(random.between(20, 120));
    }
    await pause(random.between(0, 1_000));
    await dying.kill();
    for (const node of [left, right]) node.send({ type: 'killed' });
    for (const { id, kind, heir, isEarly } of streams) if (!isEarly) heir.send({ type: 'start', id, kind });

    const results = await Promise.all(followed);
    const takenOverMs: number[] = [];
    let [continued, lost] = [0, 0];
    for (const [index, { id, kind }] of streams.entries()) {
      const { text } = answerOf(id);
      const followers = [...(results[2 * index] ?? []), ...(results[2 * index + 1] ?? [])];
      const [first] = followers;
      expect(followers).toHaveLength(followersCount);
      if (kind !== 'plain' || first?.status === 'completed') {
        const end = { text, status: 'completed', code: null, endsCount: 1 };
        for (const follower of followers) expect(follower, `${id}, ${kind}`).toMatchObject(end);
      } else {
        // A stream that no process can continue ends in the same way for all, with the text so far.
        const { text: partial } = first ?? { text: '' };
        expect(text.startsWith(partial)).toBe(true);
        const end = { text: partial, status: 'failed', code: 'producer-lost', endsCount: 1 };
        for (const follower of followers) expect(follower).toMatchObject(end);
        lost += 1;
      }
      const times = followers.flatMap((follower) => follower.takenOverMs ?? []);
      if (times.length > 0) continued += 1;
      takenOverMs.push(...times);
    }
    expect(continued).toBeGreaterThan(streamsCount / 10);
    expect(lost).toBeGreaterThan(streamsCount / 20);
    // No run was started twice: it was followed.
    const created = emulator.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/interactions'));
    expect(created).toHaveLength(streams.filter(({ kind }) => kind === 'run').length);
    takenOverMs.sort((a, b) => a - b);
    const at = (share: number): number => Math.round(takenOverMs[Math.floor(share * (takenOverMs.length - 1))] ?? 0);
    await annotate(
      `${continued} streams taken over, ${lost} lost; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, lease ${leaseMs} ms`,
    );
  },
);
