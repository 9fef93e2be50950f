import type { Gemini, GeminiStream, StreamOutcome } from '@gemini/client';
import { time } from './install.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { ReaderCheck, type StreamCheck } from './stream-check.ts';
import { describeOutcome } from './visits.ts';

/** A stream of an episode while it runs. */
export interface StreamRun {
  readonly check: StreamCheck;
  readonly id: string;
  readonly readers: Map<number, ReaderCheck>;
  readonly startedMs: number;
  /** When it was started or joined last. */
  lastRunMs: number;
  /** The process that started it. */
  readonly node: SimulatedNode;
  /** Processes on which it was started or joined. */
  runs: number;
  outcomesCount: number;
  /** Its process lives, so that its outcome must come. */
  isExpectedToEnd: boolean;
}

type Options = NonNullable<Parameters<Gemini['startStream']>[1]>;
type InteractionOptions = NonNullable<Parameters<Gemini['interactions']['stream']>[1]>;

/** Starts a stream for readers who come by its id, or joins it if another process has it. */
export function startShared({ gemini }: SimulatedNode, { check, id }: StreamRun, options: Options): void {
  const { api, lingerMs } = check.plan;
  const shared = { lingerMs, id, onDuplicate: 'join' } as const;
  if (api === undefined) gemini.startStream(check.prompt, { ...options, ...shared });
  else gemini.interactions.start(check.prompt, { ...interactionOptions(options, api), ...shared });
}

/** Starts a stream for one reader. */
export function startAlone({ gemini }: SimulatedNode, { check }: StreamRun, options: Options): GeminiStream {
  const { api, use } = check.plan;
  const { restart: _restart, ...more } = options;
  // A text cannot be taken back.
  const alone = use === 'events' ? options : more;
  if (api === undefined) return gemini.stream(check.prompt, alone);
  return gemini.interactions.stream(check.prompt, interactionOptions(alone, api));
}

function interactionOptions(
  { headers, retry, emptyAnswer, keepContent, totalTimeoutMs, firstContentTimeoutMs }: Options,
  api: 'interaction' | 'background',
): InteractionOptions {
  const background = api === 'background' ? { background: true } : {};
  const limits = { totalTimeoutMs, firstContentTimeoutMs };
  return { model: 'gemini-2.5-flash', headers, retry, emptyAnswer, keepContent, ...limits, ...background };
}

/** Uses a stream as its only reader, in the way of the plan. */
export async function useAlone(stream: GeminiStream, check: StreamCheck): Promise<StreamOutcome> {
  const { use, leaveAfter, lagMs } = check.plan;
  const reader = new ReaderCheck(check, 'its reader');
  let left = leaveAfter;
  const step = async (): Promise<boolean> => {
    left -= 1;
    if (left <= 0) return false;
    if (lagMs > 0) await time.wait(lagMs);
    return true;
  };
  try {
    if (use === 'events') {
      for await (const event of stream) {
        if (event.type === 'end') reader.end(describeOutcome(event.outcome), event.outcome);
        else reader.some(event);
        if (!(await step())) break;
      }
    } else if (use === 'text-stream') {
      for await (const piece of stream.textStream) {
        reader.text(piece);
        if (!(await step())) break;
      }
    } else if (use === 'text') {
      const text = await stream.text();
      if (!check.truth.startsWith(text)) check.violate('text is true', text.slice(-60));
    } else if (use === 'response') await stream.response;
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    check.record.trace(`${check.name} throws ${String(name)} ${String(code)}`);
    if (name !== 'GeminiError' && name !== 'StreamManagerError') check.violate('errors have a code', String(error));
  }
  return stream.outcome;
}
