import { composeAnswer } from '../answers/compose-answer.ts';
import { answerFromScript, type ScriptedAnswer } from '../answers/script.ts';
import { playRecording } from '../cassette/recording.ts';
import type { FaultContext } from '../faults/fault.ts';
import { applyToAnswer, applyToFormat, applyToInteraction, type Fault, replacesAnswer } from '../faults/faults.ts';
import { checkTurn } from '../interactions/check-turn.ts';
import { composeInteraction, scriptedEvents, scriptedSteps } from '../interactions/compose-interaction.ts';
import { encodeEvents, interactionFormat } from '../interactions/event-format.ts';
import { type InteractionRequest, readInteractionRequest, type Step } from '../interactions/interaction-request.ts';
import { type EventIds, StoredInteraction } from '../interactions/stored-interaction.ts';
import { type InteractionAnswer, streamInteraction, type TimedEvent } from '../interactions/stream-interaction.ts';
import { toGenerateRequest } from '../interactions/to-generate-request.ts';
import { GoogleError } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import { createRandom, hashText, type Random, randomBase64 } from '../wire/random.ts';
import { jsonReply, type Reply } from '../wire/reply.ts';
import { countPromptTokens, type GenerateRequest, promptOf } from '../wire/request.ts';
import { encodeChunks, type EventFormat } from '../wire/response.ts';
import type { EmulatorContext } from './emulator-context.ts';
import { findModel, type Route } from './routes.ts';

/** A call of the Interactions API whose key has been checked. */
export interface InteractionCall {
  readonly route: Extract<Route, { type: 'interactions' }>;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Parses the body. @throws GoogleError `invalid_request` */
  json(): JsonObject;
  readonly faults: readonly Fault[];
  readonly faultContext: FaultContext;
  readonly requestId: string;
  /** The key under which requests of this interaction are counted. */
  readonly key: string;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/**
 * Returns the reply to a call of the Interactions API.
 * @throws GoogleError for an invalid request, an unknown interaction, model or agent, and a method that is not there
 */
export function answerInteraction(call: InteractionCall, context: EmulatorContext): Reply {
  const { route, method, query } = call;
  const { interactions } = context;
  if (route.id === undefined) {
    if (method !== 'POST') throw notThere(method);
    if (context.options.recording !== undefined) return playRecording(context.options.recording);
    return replacesAnswer(call.faults) ? jsonReply(200, '{}\n') : create(call, context);
  }
  const interaction = interactions.get(route.id);
  if (method === 'GET' && (route.action === 'stream' || query.get('stream') === 'true')) {
    const after = query.get('last_event_id') ?? query.get('lastEventId') ?? undefined;
    return streamReply(interaction.follow(after, call.signal), formatOf(call));
  }
  if (method === 'GET' && route.action === undefined) {
    return pretty(interaction.describe(query.get('include_input') !== 'false'));
  }
  if (method === 'POST' && route.action === 'cancel') {
    if (!interaction.head.isBackground) {
      throw new GoogleError('FAILED_PRECONDITION', 'Only background interactions can be cancelled.');
    }
    interaction.cancel();
    return pretty(interaction.describe(false));
  }
  if (method === 'DELETE' && route.action === undefined) {
    interactions.delete(route.id);
    return pretty({});
  }
  throw notThere(method);
}

function create(call: InteractionCall, context: EmulatorContext): Reply {
  const request = readInteractionRequest(call.json());
  const { options, interactions } = context;
  checkMaker(request, call, options.models);
  const previous = request.previousId === undefined ? undefined : interactions.get(request.previousId);
  checkTurn(request, previous);
  const random = createRandom(hashText(`${options.seed}\n${call.requestId}`));
  const { answer, answerId, from, input, generate } = answerOf(call, request, random, context);
  const id = request.store ? idOf(call, options.seed) : '';
  const created = `${new Date().toISOString().slice(0, 19)}Z`;
  const maker = request.model === undefined ? { agent: request.agent } : { model: request.model };
  const interaction = new StoredInteraction({
    id,
    maker,
    input,
    previousId: request.previousId,
    isBackground: request.background,
    eventIds: eventIdsOf(call.faults, request.background),
    created,
    key: call.key,
  });
  if (request.store) interactions.add(interaction);
  const events = streamInteraction(answer, {
    id,
    maker,
    inputTokens: countPromptTokens(generate),
    serviceTier: request.serviceTier,
    pace: options.pace,
    random,
    created,
    from,
    continuationToken: (place) =>
      context.interactionTokens.issue(
        { answer: { answer, owner: id }, answerId: `${answerId} ${id}`, from: place },
        answer,
      ),
  });
  if (request.background) {
    interactions.hold(interaction, interaction.run(events));
    if (request.stream) return streamReply(interaction.follow(undefined, call.signal), formatOf(call));
    return pretty(withoutSteps(interaction.describe(false)));
  }
  return request.stream ? foregroundReply(interaction, events, formatOf(call)) : unaryReply(interaction, events, id);
}

/**
 * Returns the id of an interaction: the same for the same seed, request number and request. An emulator that is started
 * again counts requests from the start, and must not give an id of the one before to another interaction.
 */
function idOf(call: InteractionCall, seed: number): string {
  const random = createRandom(hashText(`${seed}\n${call.requestId}\n${JSON.stringify(call.json())}`));
  return `v1_${randomBase64(random, 24).replaceAll(/[+/=]/gu, 'x')}`;
}

/** @throws GoogleError `model_not_found` or `not_found` */
function checkMaker({ model, agent }: InteractionRequest, { route }: InteractionCall, models: readonly string[]): void {
  if (model !== undefined) {
    try {
      findModel(model.replace(/^models\//u, ''), models, { version: route.version, method: 'CreateInteraction' });
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      throw new GoogleError('NOT_FOUND', error.message, [], 'model_not_found');
    }
  } else if (!agents.test(agent ?? '') && !models.includes(agent ?? '')) {
    throw new GoogleError('NOT_FOUND', `Agent ${(agent ?? '').slice(0, 80)} was not found.`);
  }
}

/** Google's own agents. Those of users are given as `models`. */
const agents = /^(?:deep-research(?:-[a-z]+)*-preview-\d{2}-\d{4}|antigravity-preview-\d{2}-\d{4})$/u;

interface PlannedAnswer {
  readonly answer: InteractionAnswer;
  readonly answerId: string;
  readonly from: number;
  readonly input: readonly Step[];
  readonly generate: GenerateRequest;
}

function answerOf(
  call: InteractionCall,
  request: InteractionRequest,
  random: Random,
  context: EmulatorContext,
): PlannedAnswer {
  const { previousId, continuationToken, store } = request;
  const { interactions } = context;
  const before = store ? interactions.conversation(previousId) : [];
  const input = request.input ?? [];
  const generate = toGenerateRequest([...before, ...input], request);
  if (continuationToken === undefined) {
    const planned = planAnswer(call, request, generate, random, context);
    return { answer: applyToInteraction(call.faults, planned), answerId: call.requestId, from: 0, input, generate };
  }
  const { answer: issued, answerId, from } = context.interactionTokens.resume(continuationToken);
  if (store && issued.owner !== previousId) {
    throw invalid('continuation_token: previous_interaction_id must be the interaction that issued it.');
  }
  if (store && request.input !== undefined) throw invalid('input must be absent beside continuation_token.');
  if (!store && request.input === undefined) throw invalid('input is required without store.');
  // The faults of this request hold for this hop, those of the first one are over.
  const { handoverEvery, checkpointEvery } = applyToAnswer(call.faults, { candidates: [] }, call.faultContext);
  return { answer: { ...issued.answer, handoverEvery, checkpointEvery }, answerId, from, input, generate };
}

function planAnswer(
  { faults, faultContext, route }: InteractionCall,
  request: InteractionRequest,
  generate: GenerateRequest,
  random: Random,
  { options, script }: EmulatorContext,
): InteractionAnswer {
  const maker = request.model ?? request.agent ?? '';
  const scripted = script.take(maker, generate);
  const shaping = { tools: request.tools, prompt: promptOf(generate), random, burst: options.pace.burst };
  if (scripted?.error !== undefined) {
    throw new GoogleError(scripted.error.status, scripted.error.message, scripted.error.details);
  }
  const given = scripted === undefined ? undefined : ownSteps(scripted, shaping);
  if (given !== undefined) {
    const { handoverEvery, checkpointEvery } = applyToAnswer(faults, { candidates: [] }, faultContext);
    return { ...given, handoverEvery, checkpointEvery };
  }
  if (scripted === undefined && options.strict === true) {
    throw new GoogleError(
      'FAILED_PRECONDITION',
      `The emulator is strict, and no scripted reply matches this interaction with ${maker} (${route.version}).`,
    );
  }
  const answer =
    scripted === undefined
      ? composeAnswer(generate, { pace: options.pace, seed: options.seed, modelVersion: maker })
      : answerFromScript(scripted, options.pace, random);
  return composeInteraction(applyToAnswer(faults, answer, faultContext), shaping);
}

function ownSteps(
  { steps, events }: ScriptedAnswer,
  shaping: Parameters<typeof scriptedSteps>[1],
): InteractionAnswer | undefined {
  if (events !== undefined) return scriptedEvents(events);
  return steps === undefined ? undefined : scriptedSteps(steps, shaping);
}

function eventIdsOf(faults: readonly Fault[], isBackground: boolean): EventIds {
  const given = faults.find((fault) => fault.type === 'event-ids');
  if (given !== undefined) return (given as { on?: EventIds }).on ?? 'all';
  return isBackground ? 'all' : 'none';
}

function foregroundReply(interaction: StoredInteraction, events: Iterable<TimedEvent>, format: EventFormat): Reply {
  function* recorded(): Generator<TimedEvent> {
    try {
      for (const { waitMs, chunk } of events) yield { waitMs, chunk: interaction.record(chunk) };
    } finally {
      // The connection was lost, or the stream ends without its last event: the generation ends with it.
      interaction.abandon();
    }
  }
  return { status: 200, headers: { 'content-type': format.contentType }, body: encodeChunks(recorded(), format) };
}

function unaryReply(interaction: StoredInteraction, events: Iterable<TimedEvent>, id: string): Reply {
  let waitMs = 0;
  for (const timed of events) {
    waitMs += timed.waitMs;
    interaction.record(timed.chunk);
  }
  interaction.abandon();
  const { id: _id, ...anonymous } = interaction.describe(false);
  const reply = pretty(id === '' ? anonymous : interaction.describe(false));
  return waitMs === 0 ? reply : { ...reply, body: [{ type: 'wait', ms: waitMs }, ...(reply.body as Iterable<never>)] };
}

function streamReply(events: AsyncIterable<TimedEvent>, format: EventFormat): Reply {
  return { status: 200, headers: { 'content-type': format.contentType }, body: encodeEvents(events, format) };
}

function formatOf({ faults, faultContext }: InteractionCall): EventFormat {
  return applyToFormat(faults, interactionFormat, faultContext);
}

function withoutSteps({ steps: _steps, ...head }: JsonObject): JsonObject {
  return head;
}

function pretty(value: JsonObject): Reply {
  return jsonReply(200, `${JSON.stringify(value, undefined, 2)}\n`);
}

function notThere(method: string): GoogleError {
  return new GoogleError('NOT_FOUND', `${method} is not supported here.`);
}

function invalid(message: string): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', message);
}
