import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArguments } from './simulation/args.ts';
import { type BreakName, breakNames } from './simulation/breaks.ts';
import { readPlan, writePlan } from './simulation/plan-file.ts';
import type { Plan } from './simulation/plan.ts';
import { TimedQueue } from './simulation/queue.ts';
import { shrinkPlan } from './simulation/shrink.ts';
import { root } from './workspace-packages.ts';

/** Runs the command in a process of its own, because it replaces the clock of the process that it runs in. */
function simulate(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const command = ['--conditions=@gemini/source', join(root, 'tests/simulation/main.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout || stderr });
    });
  });
}

describe.concurrent('the simulation', () => {
  it('keeps every promise for some stream-hours, and a seed replays the same run', async () => {
    const [one, again] = [await simulate('--hours', '1', '--seed', '7'), await simulate('--hours', '1', '--seed', '7')];
    const lines = (text: string): string[] => text.split('\n').filter((line) => !line.includes(' a minute'));
    expect(one.text).toContain('every promise was kept');
    expect(one.code).toBe(0);
    expect(lines(again.text)).toEqual(lines(one.text));
    const other = await simulate('--hours', '0.1', '--seed', '8');
    expect(other.text).toMatch(/^hash: \w{16}$/m);
    expect(lines(other.text)).not.toEqual(lines(one.text));
  });

  it('keeps every promise in the episodes that once broke one, and each is the same alone and after others', async () => {
    const files = globSync('simulation/failures/*.json', { cwd: join(root, 'tests') }).toSorted();
    const planOf = (file = ''): string[] => ['--plan', join(root, 'tests', file)];
    const { code, text } = await simulate(...files.flatMap(planOf));
    expect(text).not.toContain('BROKEN');
    expect(code).toBe(0);
    expect(text.match(/^episode /gm)).toHaveLength(files.length);
    const alone = await simulate(...planOf(files.at(-1)), '--trace');
    expect(alone.text).toContain(' starts on ');
    expect(alone.text.trimEnd().split('\n').at(-1)).toBe(text.trimEnd().split('\n').at(-1));
  });

  it('refuses arguments that it does not know', async () => {
    const { code, text } = await simulate('--break', 'nothing');
    expect(code).toBe(1);
    expect(text).toContain('--break: expected one of doubled-event,');
  });
});

const promises: Readonly<Record<BreakName, RegExp>> = {
  'doubled-event': /text is true/,
  'lost-event': /text is true/,
  'lost-end': /exactly one outcome/,
  'foreign-text': /text is true/,
  'leaked-timer': /every timer is gone/,
  'leaked-socket': /sockets are closed/,
  'stuck-close': /close resolves/,
  'unhandled-rejection': /nothing throws/,
};

describe.concurrent('a fault in the product', () => {
  it.for(breakNames)('is found and shrunk to few events: %s', async (name, { expect: expectHere }) => {
    const { code, text } = await simulate('--hours', '20', '--seed', '1', '--break', name);
    expectHere(code).toBe(1);
    expectHere(text).toMatch(promises[name]);
    const [, count] = /^with these (\d+) events:$/m.exec(text) ?? [];
    expectHere(Number(count)).toBeLessThanOrEqual(8);
  });
});

const plan: Plan = {
  seed: 1,
  world: {
    nodes: [
      {
        link: { latencyMs: [0, 400], segmentBytes: 40, splitShare: 0.6, windowBytes: 1_024 },
        limits: 'tight',
        maxLagEvents: 2,
        maxHistoryBytes: 600,
        maxStreams: 2,
      },
    ],
    timeToFirstTokenMs: 0,
    tokensPerSecond: Infinity,
    burst: 1,
    keepAliveTimeoutMs: 1_000,
    leaseMs: 3_000,
    logOnSlow: 'pause',
  },
  events: Array.from({ length: 40 }, (_, index) => ({ type: 'busy', atMs: index, forMs: index })),
};

describe('shrinking', () => {
  it('leaves the few events that a failure needs, in a plain world', async () => {
    const needed = [3, 17, 18, 39];
    const shrunk = await shrinkPlan(plan, async ({ events, world }) => {
      const left = new Set(events.map((event) => (event.type === 'busy' ? event.atMs : -1)));
      return needed.every((each) => left.has(each)) && world.logOnSlow === 'pause';
    });
    expect(shrunk.events.map((event) => (event.type === 'busy' ? event.atMs : -1))).toEqual(needed);
    expect(shrunk.world).toMatchObject({ logOnSlow: 'pause', keepAliveTimeoutMs: 120_000 });
    expect(shrunk.world.nodes[0]).toMatchObject({ limits: 'production', maxStreams: 1_000 });
  });

  it('tries no more plans than it may', async () => {
    let tries = 0;
    const never = async (): Promise<boolean> => {
      tries += 1;
      return false;
    };
    expect(await shrinkPlan(plan, never, 5)).toBe(plan);
    expect(tries).toBe(5);
  });

  it('a plan comes back from its file', () => {
    expect(readPlan(writePlan(plan))).toEqual(plan);
  });
});

describe('the queue of the virtual clock', () => {
  it('gives entries by their time, and those of one time in their order', () => {
    const queue = new TimedQueue<{ dueMs: number; order: number }>();
    const entries = Array.from({ length: 500 }, (_, order) => ({ dueMs: (order * 7_919) % 101, order }));
    for (const entry of entries) queue.add(entry);
    const taken = Array.from({ length: 500 }, () => queue.take());
    expect(taken).toEqual(entries.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order));
    expect([queue.size, queue.first, queue.take()]).toEqual([0, undefined, undefined]);
  });
});

describe('the arguments of the command', () => {
  it.for<[name: string, args: string[]]>([
    ['hours', ['--hours', '0']],
    ['seed', ['--seed', '1.5']],
    ['minutes', ['--minutes', 'many']],
    ['episode', ['--episode', '-1']],
    ['break', ['--break', 'it']],
  ])('an invalid --%s is a TypeError', ([name, args]) => {
    expect(() => readArguments(args, 0)).toThrow(new RegExp(`^(?:--${name}: expected|Option '--${name}')`));
  });

  it('have defaults, and a seed of the moment', () => {
    expect(readArguments([], 12_345_678)).toMatchObject({ hours: 100, seed: 345_678, minutes: Infinity, plans: [] });
  });
});
