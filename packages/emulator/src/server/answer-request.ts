import { composeAnswer } from '../answers/compose-answer.ts';
import { findModel, modelNotFound } from '../answers/models.ts';
import { streamAnswer } from '../answers/stream-answer.ts';
import { applyToChunks, applyToFormat } from '../faults/apply-faults.ts';
import type { FaultContext } from '../faults/define-fault.ts';
import { playRecording } from '../recording/play-recording.ts';
import type { ScenarioStep } from '../scenario/scenario.ts';
import { encodeChunks, jsonArray, serverSentEvents } from '../wire/event-format.ts';
import { promptOf } from '../wire/generate-request.ts';
import { createRandom, hashText, randomBase64 } from '../wire/random.ts';
import { readGenerateRequest, readJsonBody } from '../wire/read-request.ts';
import type { Reply } from '../wire/reply.ts';
import { countPromptTokens } from '../wire/tokens.ts';
import type { EmulatorContext } from './emulator-context.ts';
import type { Route } from './route.ts';

/** One call of a model, after it was let in. */
export interface ModelCall {
  readonly route: Extract<Route, { type: 'model-method' }>;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  readonly step: ScenarioStep | undefined;
  readonly faultContext: FaultContext;
  /** Makes the response's id differ from that of the same prompt before. */
  readonly requestId: string;
}

/** The reply to a call of a model, faults of chunks and frames included. Throws a `GoogleError`. */
export function answerModelCall(call: ModelCall, { options }: EmulatorContext): Reply {
  const { route } = call;
  const model = findModel(route.model, options.models, route);
  if (route.method !== 'streamGenerateContent') throw modelNotFound(route.model, route);
  if (options.recording !== undefined) return playRecording(options.recording);
  const request = readGenerateRequest(readJsonBody(call.body));
  const random = createRandom(hashText(`${options.seed}\n${promptOf(request)}`));
  const chunks = streamAnswer(composeAnswer(request, { pace: options.pace, random }), {
    dialect: route.dialect,
    modelVersion: model.version ?? model.name,
    responseId: randomBase64(createRandom(hashText(`${options.seed}\n${call.requestId}`)), 15).replaceAll(
      /[+/]/gu,
      '-',
    ),
    promptTokens: countPromptTokens(request),
    pace: options.pace,
    random,
    createTime: new Date().toISOString(),
  });
  const faults = call.step?.faults ?? [];
  const format = applyToFormat(
    faults,
    call.query.get('alt') === 'sse' ? serverSentEvents : jsonArray,
    call.faultContext,
  );
  return {
    status: 200,
    headers: { 'content-type': format.contentType },
    body: encodeChunks(applyToChunks(faults, chunks, call.faultContext), format),
  };
}
