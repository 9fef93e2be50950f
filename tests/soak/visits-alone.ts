import type { GeminiStream, StreamOutcome } from '@gemini/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Visit, VisitContext } from './visit.ts';

/** Runs a loop over a stream, and compares its error with the outcome. `textStream` throws for a refused answer too. */
async function settle(
  stream: GeminiStream,
  { complain }: VisitContext,
  read: () => Promise<boolean>,
  readsText = false,
): Promise<StreamOutcome> {
  let thrown: unknown;
  let isRead = false;
  try {
    isRead = await read();
  } catch (error) {
    thrown = error;
  }
  const outcome = await stream.outcome;
  const expected = outcome.status === 'failed' || outcome.status === 'truncated' ? outcome.error : undefined;
  if (readsText && outcome.status === 'blocked') {
    if ((thrown as { code?: unknown } | undefined)?.code !== 'blocked') complain('blocked, and the text ended quietly');
    return outcome;
  }
  if (isRead && expected !== undefined) complain(`${outcome.status}, and the loop ended quietly`);
  if (thrown !== undefined && thrown !== expected)
    complain(`${outcome.status}, and the loop threw ${thrown instanceof Error ? thrown.message : typeof thrown}`);
  return outcome;
}

const open = ({ gemini, prompt, random, signal }: VisitContext, restart = false): GeminiStream =>
  gemini.stream(prompt, { restart, signal: random.chance(0.3) ? signal : undefined });

/** Reads all events, slowly now and then. */
const readEvents =
  (slowShare: number, restart: boolean): Visit =>
  (context) => {
    const stream = open(context, restart);
    const check = context.check();
    return settle(stream, context, async () => {
      for await (const event of stream) {
        check.event(event);
        if (context.random.chance(slowShare)) await sleep(context.random.between(1, 40));
      }
      return true;
    });
  };

const readText: Visit = (context) => {
  const stream = open(context);
  const check = context.check();
  return settle(
    stream,
    context,
    async () => {
      for await (const piece of stream.textStream) check.text(piece);
      return true;
    },
    true,
  );
};

const leaveEarly: Visit = (context) => {
  const stream = open(context);
  const check = context.check();
  let left = context.random.between(1, 12);
  return settle(stream, context, async () => {
    for await (const event of stream) {
      check.event(event);
      left -= 1;
      if (left === 0) return false;
    }
    return true;
  });
};

const abort: Visit = async (context) => {
  const controller = new AbortController();
  const stream = context.gemini.stream(context.prompt, { signal: controller.signal });
  const check = context.check();
  const timer = setTimeout(() => controller.abort(), context.random.between(0, 600));
  const outcome = await settle(stream, context, async () => {
    for await (const event of stream) check.event(event);
    return true;
  });
  clearTimeout(timer);
  return outcome;
};

const cancelWebStream: Visit = (context) => {
  const stream = open(context);
  const check = context.check();
  const reader = stream.toReadableStream().getReader();
  return settle(stream, context, async () => {
    for (let left = context.random.between(1, 20); left > 0; left -= 1) {
      const { value, done } = await reader.read();
      if (done) return true;
      check.event(value);
    }
    await reader.cancel();
    return false;
  });
};

const stopUnread: Visit = async (context) => {
  const stream = open(context);
  await sleep(context.random.between(0, 300));
  stream.stop('soak');
  return stream.outcome;
};

/** Two turns of a conversation: its history has the answers that are whole, and nothing else. */
const talk: Visit = async (context) => {
  const { gemini, prompt, random, complain } = context;
  const chat = gemini.chat();
  const turn = (): Promise<StreamOutcome> => {
    const stream = chat.stream(prompt);
    const check = context.check();
    const leaves = random.chance(0.2);
    return settle(stream, context, async () => {
      for await (const event of stream) {
        check.event(event);
        if (leaves && event.type === 'text-delta') return false;
      }
      return true;
    });
  };
  const outcomes = [await turn(), await turn()] as const;
  context.check().outcome(outcomes[0]);
  const answers = chat.history.filter(({ role }) => role === 'model');
  const texts = answers.map(({ parts }) => (parts ?? []).map(({ text = '' }) => text).join(''));
  const whole = outcomes.filter(({ status, text }) => status === 'completed' && text !== '');
  if (texts.join('\n') !== whole.map(({ text }) => text).join('\n')) {
    complain(`the history has ${texts.length} answers, of ${outcomes.map(({ status }) => status).join(' and ')}`);
  }
  return outcomes[1];
};

/** Ways of using a stream alone. */
export const visitsAlone = {
  'read it all': readEvents(0, false),
  'read it slowly': readEvents(0.4, false),
  'allow a restart': readEvents(0.1, true),
  'read the text': readText,
  'leave early': leaveEarly,
  abort,
  'cancel a web stream': cancelWebStream,
  'stop it unread': stopUnread,
  talk,
} as const satisfies Readonly<Record<string, Visit>>;
