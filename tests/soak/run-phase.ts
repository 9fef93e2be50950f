import { createGemini, type Gemini } from '@gemini/client';
import { StreamManagerError } from '@gemini/stream-manager';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnswerCheck, promptFor } from './answer-check.ts';
import type { Ledger } from './ledger.ts';
import { createRandom } from './random.ts';
import type { Visit } from './visit.ts';
import { visitsAlone } from './visits-alone.ts';
import { visitsTogether } from './visits-together.ts';

/** The parts of a phase. */
export interface PhaseOptions {
  readonly seed: number;
  readonly baseUrl: string;
  readonly servedUrl: string;
  readonly signal: AbortSignal;
  readonly concurrentCount: number;
  readonly durationMs: number;
  /** The time for running streams when the manager is closed. */
  readonly drainMs: number;
  /** The number of the first stream; each has one of its own. */
  readonly firstVisit: number;
  /** Lets the process serve the phase's streams. */
  readonly serve: (gemini: Gemini) => void;
  readonly ledger: Ledger;
}

const visits = { ...visitsAlone, ...visitsTogether };
const uses = Object.keys(visits) as [keyof typeof visits, ...(keyof typeof visits)[]];

/** The longest life of a stream, with its waits and its closing. Past it, the stream was leaked. */
const patienceMs = 60_000;

/**
 * One client from its making to its closing: so many streams at a time, each used in a way that its number chooses,
 * until the time is over and the manager is closed under those that run. Resolves with how many streams there were.
 */
export async function runPhase(options: PhaseOptions): Promise<number> {
  const { seed, baseUrl, servedUrl, signal } = options;
  const { complain, note } = options.ledger;
  const gemini = createGemini({
    baseUrl,
    apiKey: 'soak',
    retry: { maxAttempts: 4, baseDelayMs: 30 },
    headersTimeoutMs: 3_000,
    idleTimeoutMs: 1_500,
    totalTimeoutMs: 30_000,
    manager: { maxLagEvents: 12, maxStreams: Math.ceil(options.concurrentCount * 0.9) },
  });
  options.serve(gemini);
  let isClosing = false;
  let visit = options.firstVisit;

  const visitOnce = async (): Promise<void> => {
    const number = visit++;
    const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ number);
    const use = random.pick(uses);
    const { prompt, answer } = promptFor(number, random.between(5, 120));
    const complainOf = (what: string): void => complain(`${use} (stream ${number}): ${what}`);
    const check = (): ReturnType<typeof createAnswerCheck> => createAnswerCheck(answer, complainOf);
    const run: Visit = visits[use];
    const forgotten = setTimeout(() => complainOf(`no outcome after ${patienceMs} ms`), patienceMs);
    try {
      const context = { gemini, random, prompt, signal, servedUrl, isClosing: () => isClosing, check };
      const outcome = await run({ ...context, complain: complainOf });
      if (outcome !== undefined) {
        check().outcome(outcome);
        note(use, outcome);
      } else if (!isClosing) complainOf('no outcome');
    } catch (error) {
      const isClosed = isClosing && error instanceof StreamManagerError && error.code === 'manager-closed';
      if (!isClosed) complainOf(`threw ${String(error)}`);
    } finally {
      clearTimeout(forgotten);
    }
  };
  const deadline = performance.now() + options.durationMs;
  const visitor = async (): Promise<void> => {
    while (performance.now() < deadline) await visitOnce();
  };
  const visitors = Array.from({ length: options.concurrentCount }, visitor);
  await sleep(options.durationMs);
  isClosing = true;
  await gemini.streams.close({ drainMs: options.drainMs });
  await Promise.all(visitors);

  const { queued, starting, active, started, completed, failed, stopped } = gemini.streamStats();
  if (queued + starting + active > 0) complain(`after closing, ${queued + starting + active} streams are not over`);
  if (started !== completed + failed + stopped) complain(`${started} started, ${completed + failed + stopped} ended`);
  return visit - options.firstVisit;
}
