import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { chat, EventType } from '@tanstack/ai';
import { createGeminiChat } from '@tanstack/ai-gemini';
import { runAiSdk, runGenai, type SdkRunner } from '../fetch-cases/sdk-runners.ts';
import { alarm, leaveAnswer, readAnswer, secondTry, statusPlace, type Reading } from './reading.ts';

/** The clients of Gemini that are compared, each as its documentation shows it. */
export const geminiClients: Readonly<Record<string, SdkRunner>> = {
  '`@gemini/client`': async ({ baseUrl, signal, onText, onSign }) => {
    const stream = createGemini({ baseUrl, apiKey: 'any-key' }).stream('hi', { signal });
    for await (const text of stream.textStream) if (!onText(text)) break;
    const { blockReason } = await stream.outcome;
    if (blockReason !== undefined) onSign(blockReason);
  },
  '`@google/genai` 3.1': runGenai,
  '`ai` 7, `@ai-sdk/google` 4': runAiSdk,
  'TanStack AI 0.58': async ({ baseUrl, signal, onText }) => {
    const adapter = createGeminiChat('gemini-2.5-flash', 'any-key', { baseURL: baseUrl });
    const abortController = new AbortController();
    signal.addEventListener('abort', () => abortController.abort());
    const messages = [{ role: 'user' as const, content: 'hi' }];
    for await (const chunk of chat({ adapter, messages, abortController, debug: false })) {
      if (chunk.type === EventType.RUN_ERROR) throw Object.assign(new Error(chunk.message), { code: chunk.code });
      if (chunk.type === EventType.TEXT_MESSAGE_CONTENT && !onText(chunk.delta)) break;
    }
  },
};

/** Scenarios that write the same answer in ways that server-sent events, HTTP or the API allow. */
const unusual = [
  'event-line-before-data',
  'id-line-before-data',
  'comment-inside-event',
  'retry-line',
  'several-data-lines',
  'cr-line-ends',
  'mixed-line-ends',
  'byte-order-mark',
  'one-byte-writes',
  'json-array',
  'gzip-with-flush',
  'last-chunk-without-content',
];

async function readScenario(run: SdkRunner, scenario?: string): Promise<Reading> {
  await using emulator = await createEmulator({ scenario });
  return await readAnswer(run, emulator.url);
}

const reference = createWholeText();
async function createWholeText(): Promise<string> {
  await using emulator = await createEmulator();
  return await createGemini({ baseUrl: emulator.url }).stream('hi').text();
}

/** The answers of a client of Gemini, by the question. */
export const geminiAnswers = {
  unusual: async (run: SdkRunner): Promise<string> => {
    const whole = await reference;
    const readings = await Promise.all(unusual.map((scenario) => readScenario(run, scenario)));
    const good = readings.filter(({ text, error }) => text === whole && error === undefined);
    return `${good.length} of ${unusual.length}`;
  },
  cut: async (run: SdkRunner): Promise<string> => alarm(await readScenario(run, 'no-finish-reason')),
  blocked: async (run: SdkRunner): Promise<string> => {
    const { error, signs } = await readScenario(run, 'blocked-prompt');
    if (error !== undefined) return 'an error';
    return signs.some((sign) => /block|safety|filter|prohibited/i.test(sign)) ? 'a reason' : '**no sign**';
  },
  errorInside: async (run: SdkRunner): Promise<string> =>
    statusPlace(await readScenario(run, 'error-event-quota'), 429),
  refusedOnce: async (run: SdkRunner): Promise<string> => secondTry(await readScenario(run, 'unavailable-then-fine')),
  errorFirst: async (run: SdkRunner): Promise<string> => secondTry(await readScenario(run, 'error-event-then-fine')),
  lost: async (run: SdkRunner): Promise<string> => {
    const { text } = await readScenario(run, 'checkpoint-then-text-then-reset');
    const whole = await reference;
    if (text === whole) return 'is whole';
    return whole.startsWith(text) ? 'ends there' : '**has a part twice**';
  },
  leaving: async (run: SdkRunner): Promise<string> => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 20, burst: 1 } });
    await leaveAnswer(run, emulator.url);
    // If the connection stays open, the server writes the answer to its end, which takes seconds.
    const [request] = await emulator.whenReceived(1);
    const { closedBy } = await emulator.whenClosed(request?.id ?? '');
    return closedBy === 'client' ? 'is closed' : '**stays open**';
  },
};
