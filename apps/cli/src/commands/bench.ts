import { setTimeout as delay } from 'node:timers/promises';
import { defineCommand, readNumber } from '../command.ts';
import { connect, connectionOptions, namedBaseUrl } from '../connect.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import { type BenchFigures, type BenchPlan, BenchRecord, benchText, progressText, runBench } from '../measure/bench.ts';

const { emulator: _emulator, ...serverOptions } = connectionOptions;

const progressEveryMs = 1_000;

/** `gemini-stream bench`: many streams at a time against one server, and their figures. */
export const benchCommand = defineCommand({
  usage: ['bench [options] ["prompt"]'],
  options: {
    streams: { type: 'string', short: 'n', value: 'NUMBER', description: 'streams at a time (10)' },
    duration: { type: 'string', short: 'd', value: 'SECONDS', description: 'length of the run (10)' },
    json: { type: 'boolean', description: 'the figures as JSON, one line a second; the last has "type":"end"' },
    ...serverOptions,
  },
  examples: [
    ['bench', 'ten streams of the local emulator, for ten seconds'],
    ['bench -n 200 -d 30 --base-url http://127.0.0.1:8080', 'your own gateway'],
    ['bench --json | jq .eventsPerSecond', 'the figures of each second'],
  ],
  notes: [
    'Without --base-url (or GEMINI_BASE_URL) an emulator in this process answers, even if there is a key: requests to\n' +
      'Google cost money, so name their server. No request is retried. Ctrl-C prints the figures so far. The exit code is\n' +
      'that of the first stream that failed.',
  ],
  ignoresConfig: true,
  async run({ values, positionals, rest = [], output }) {
    const streamsCount = readNumber('streams', values.streams, { min: 1, max: 100_000, isInteger: true }) ?? 10;
    const seconds = readNumber('duration', values.duration, { min: 0.001, max: 2_000_000 }) ?? 10;
    const prompt = [...positionals, ...rest].join(' ') || 'Tell me about rivers, in 50 words';
    const named = namedBaseUrl(values);
    const emulator = named === undefined ? await startBenchEmulator() : undefined;
    const baseUrl = named ?? emulator?.url;
    try {
      const { gemini } = await connect({ ...values, 'base-url': baseUrl, emulator: false }, output, {
        retry: false,
        manager: { maxStreams: Infinity },
      });
      const plan = { gemini, prompt, streamsCount, durationMs: seconds * 1_000 };
      const { figures, failed, interrupted } = await benchFor(plan, (now) => {
        if (values.json) output.json({ type: 'progress', ...now });
        else output.progress(progressText(now));
      });
      output.progress('');
      const facts = { streams: streamsCount, baseUrl, emulated: emulator !== undefined, interrupted };
      if (values.json) output.json({ type: 'end', ...facts, ...figures });
      else {
        const where = emulator === undefined ? baseUrl : 'the emulator in this process';
        const title = `${streamsCount} ${streamsCount === 1 ? 'stream' : 'streams'} for ${(figures.elapsedMs / 1_000).toFixed(1)} s at ${where}`;
        output.line([title, '', ...benchText(figures)].join('\n'));
      }
      if (interrupted) return exitCodes.interrupted;
      return failed === undefined ? exitCodes.ok : exitCodeOf(failed);
    } finally {
      await emulator?.close();
    }
  },
});

async function startBenchEmulator() {
  const { createEmulator, humanPace } = await import('@gemini/emulator');
  return createEmulator({ pace: humanPace });
}

async function benchFor(
  { durationMs, ...plan }: Omit<BenchPlan, 'signal'> & { readonly durationMs: number },
  onProgress: (figures: BenchFigures) => void,
) {
  const time = new AbortController();
  const { signal } = time;
  const interrupt = stopOnInterrupt({ stop: (reason) => time.abort(reason) });
  const timer = setTimeout(() => time.abort('over'), durationMs);
  const record = new BenchRecord();
  try {
    const [failed] = await Promise.all([
      runBench({ ...plan, signal }, record),
      reportProgress(record, onProgress, signal),
    ]);
    return { figures: record.figures(), failed, interrupted: signal.reason === 'interrupted' };
  } finally {
    time.abort('over');
    clearTimeout(timer);
    interrupt[Symbol.dispose]();
  }
}

// Not in a timer's callback, which could not report that standard output is closed.
async function reportProgress(
  record: BenchRecord,
  onProgress: (figures: BenchFigures) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop
    await delay(progressEveryMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) onProgress(record.figures());
  }
}
