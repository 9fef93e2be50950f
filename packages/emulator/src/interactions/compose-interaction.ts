import type { Answer } from '../answers/answer.ts';
import type { ScriptedAnswer } from '../answers/script.ts';
import { isJsonObject, type JsonObject, textOr } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import { splitTokens } from '../wire/response.ts';
import type { Step } from './interaction-request.ts';
import { annotationsOf, serverToolSteps } from './server-tools.ts';
import { type StepEvent, StepWriter, writeCandidate, writeStep } from './step-events.ts';
import type { InteractionAnswer } from './stream-interaction.ts';

/** The facts that the steps of an answer need. */
interface ComposeContext {
  readonly tools: readonly JsonObject[];
  readonly prompt: string;
  readonly random: Random;
  readonly burst: number;
}

/** The statuses that belong to the finish reasons of `generateContent`. */
const statuses: Readonly<Record<string, string>> = { STOP: 'completed', MAX_TOKENS: 'incomplete' };

/** Turns an answer of `generateContent` into the steps of an interaction. */
export function composeInteraction(answer: Answer, context: ComposeContext): InteractionAnswer {
  const { handoverEvery, checkpointEvery, promptFeedback, candidates } = answer;
  const [candidate] = candidates;
  const limits = { handoverEvery, checkpointEvery };
  if (candidate === undefined) {
    return { events: [], ...failure(textOr(promptFeedback?.['blockReason'], 'no answer')), ...limits };
  }
  const writer = new StepWriter();
  writeCandidate(writer, candidate, context);
  const annotations = annotationsOf(candidate);
  if (annotations.length > 0 && writer.type === 'model_output') {
    writer.delta({ annotations, type: 'text_annotation_delta' }, 0);
  }
  const isCalling = writer.events.some(({ event }) => isStep(event, 'function_call'));
  if (!isCalling) for (const step of serverToolSteps(context.tools, context.prompt)) writeStep(writer, step, context);
  writer.close();
  const { finishReason } = candidate;
  const status = statuses[finishReason];
  if (status === undefined) return { events: writer.events, ...failure(finishReason), ...limits };
  return { events: writer.events, status: isCalling && status === 'completed' ? 'requires_action' : status, ...limits };
}

/** How a refusal looks on this API is not known: the interaction fails, and the reason is in its errors. */
function failure(reason: string): { status: string; closing: JsonObject } {
  return {
    status: 'failed',
    closing: { errors: [{ code: 'invalid_request', message: `The answer was refused: ${reason}.` }] },
  };
}

/** Returns the answer of a script that has whole steps. */
export function scriptedSteps(steps: readonly Step[], context: ComposeContext): InteractionAnswer {
  const writer = new StepWriter();
  for (const step of steps) writeStep(writer, step, context);
  const isCalling = steps.some(({ type }) => type === 'function_call');
  return { events: writer.events, status: isCalling ? 'requires_action' : 'completed' };
}

/**
 * Returns the answer of a script that has the events of a stream, such as a recorded one. The events of the interaction
 * itself are made here, with an id of this server; the status and the usage of the last one are kept.
 */
export function scriptedEvents(events: readonly JsonObject[]): InteractionAnswer {
  const last = events.find(({ event_type: type }) => type === 'interaction.completed');
  const ended = isJsonObject(last?.['interaction']) ? last['interaction'] : undefined;
  const steps = events.filter(({ event_type: type }) => !textOr(type, '').startsWith('interaction.'));
  const usage = ended?.['usage'];
  return {
    events: markKinds(steps),
    status: ended === undefined ? undefined : textOr(ended['status'], 'completed'),
    ...(usage === undefined ? {} : { closing: { usage } }),
  };
}

function markKinds(events: readonly JsonObject[]): readonly StepEvent[] {
  let type = '';
  return events.map((event) => {
    if (event['event_type'] === 'step.start' && isJsonObject(event['step'])) type = textOr(event['step']['type'], '');
    const kind = type === 'thought' ? 'thought' : /^(?:model_output|function_call|)$/u.test(type) ? 'output' : 'tool';
    const tokens = event['event_type'] === 'step.delta' ? splitTokens(JSON.stringify(event['delta'])).length : 0;
    return { event, tokens, kind };
  });
}

/** Whether a scripted reply is for interactions alone. */
export function hasSteps({ steps, events }: ScriptedAnswer): boolean {
  return steps !== undefined || events !== undefined;
}

function isStep(event: JsonObject, type: string): boolean {
  return isJsonObject(event['step']) && event['step']['type'] === type;
}
