import type { Answer } from '../answers/answer.ts';
import { composeAnswer } from '../answers/compose-answer.ts';
import { checkSignatures } from '../answers/function-calls.ts';
import { answerFromScript } from '../answers/script.ts';
import { streamAnswer } from '../answers/stream-answer.ts';
import { playRecording } from '../cassette/recording.ts';
import type { FaultContext } from '../faults/fault.ts';
import { applyToAnswer, applyToChunks, applyToFormat, type Fault, replacesAnswer } from '../faults/faults.ts';
import { GoogleError } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import { createRandom, hashText, randomBase64 } from '../wire/random.ts';
import { jsonReply, type Reply } from '../wire/reply.ts';
import { countPromptTokens, type GenerateRequest, readCountRequest, readGenerateRequest } from '../wire/request.ts';
import {
  encodeChunks,
  jsonArray,
  mergeChunks,
  type ResponseChunk,
  serverSentEvents,
  type TimedChunk,
} from '../wire/response.ts';
import type { EmulatorContext } from './emulator-context.ts';
import { findModel, type Model, modelNotFound, type Route } from './routes.ts';

/** A call of a model whose key has been checked. */
export interface ModelCall {
  readonly route: Extract<Route, { type: 'model-method' }>;
  readonly query: URLSearchParams;
  /** Parses the body. @throws GoogleError `INVALID_ARGUMENT` */
  json(): JsonObject;
  readonly faults: readonly Fault[];
  readonly faultContext: FaultContext;
  /** Makes the response id unique, even for a repeated prompt. */
  readonly requestId: string;
}

/**
 * Returns the reply to a call of a model. The caller applies the faults that change the reply.
 * @throws GoogleError for an invalid request, an unknown model, or a request outside a strict script
 */
export function answerCall(call: ModelCall, context: EmulatorContext): Reply {
  const { route } = call;
  const model = findModel(route.model, context.options.models, route);
  if (route.method === 'countTokens') return countTokens(readCountRequest(call.json()), route.dialect);
  if (route.method !== 'streamGenerateContent' && route.method !== 'generateContent')
    throw modelNotFound(route.model, route);
  if (context.options.recording !== undefined) return playRecording(context.options.recording);
  if (replacesAnswer(call.faults)) return jsonReply(200, '{}\n');
  const chunks = applyToChunks(call.faults, chunksOf(call, model, context), call.faultContext);
  if (route.method === 'generateContent') return unaryReply(chunks);
  const format = applyToFormat(
    call.faults,
    call.query.get('alt') === 'sse' ? serverSentEvents : jsonArray,
    call.faultContext,
  );
  return { status: 200, headers: { 'content-type': format.contentType }, body: encodeChunks(chunks, format) };
}

function chunksOf(
  call: ModelCall,
  model: Model,
  { options, script, continuations }: EmulatorContext,
): Iterable<TimedChunk> {
  const { route, faults, faultContext, requestId } = call;
  const request = readGenerateRequest(call.json());
  if (options.checkThoughtSignatures === true) checkSignatures(request, model.version ?? model.name);
  const random = createRandom(hashText(`${options.seed}\n${requestId}`));
  const scripted = request.continuationToken === undefined ? script.take(route.model, request) : undefined;
  if (scripted?.chunks !== undefined) return scripted.chunks.map((chunk) => ({ waitMs: 0, chunk }));
  const planned = (): Answer => {
    if (scripted !== undefined) return answerFromScript(scripted, options.pace, random);
    if (options.strict === true) throw unscripted(route.model);
    return composeAnswer(request, {
      pace: options.pace,
      seed: options.seed,
      modelVersion: model.version ?? model.name,
    });
  };
  const { answer, answerId, from } = resumeOrBegin(request, planned, requestId, continuations);
  const shaped = applyToAnswer(faults, answer, faultContext);
  return streamAnswer(shaped, {
    dialect: route.dialect,
    modelVersion: model.version ?? model.name,
    responseId: randomBase64(random, 15).replaceAll(/[+/]/gu, '-'),
    promptTokens: countPromptTokens(request),
    pace: options.pace,
    random,
    createTime: new Date().toISOString(),
    from,
    // The answer without its faults, because they are applied to the resumed answer again.
    continuationToken: (piece) => continuations.issue({ answer, answerId, from: piece }, answer),
  });
}

function resumeOrBegin(
  { continuationToken }: GenerateRequest,
  begin: () => Answer,
  answerId: string,
  continuations: EmulatorContext['continuations'],
): { answer: Answer; answerId: string; from: number } {
  return continuationToken === undefined
    ? { answer: begin(), answerId, from: 0 }
    : continuations.resume(continuationToken);
}

function unaryReply(chunks: Iterable<TimedChunk>): Reply {
  let waitMs = 0;
  const all: ResponseChunk[] = [];
  for (const timed of chunks) {
    waitMs += timed.waitMs;
    all.push(timed.chunk);
  }
  const reply = jsonReply(200, `${JSON.stringify(mergeChunks(all), undefined, 2)}\n`);
  return waitMs === 0 ? reply : { ...reply, body: [{ type: 'wait', ms: waitMs }, ...(reply.body as Iterable<never>)] };
}

function countTokens(request: GenerateRequest, dialect: 'developer' | 'vertex'): Reply {
  const totalTokens = countPromptTokens(request);
  const characters = dialect === 'vertex' ? { totalBillableCharacters: totalTokens * 4 } : {};
  const counted = { totalTokens, ...characters, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] };
  return jsonReply(200, `${JSON.stringify(counted, undefined, 2)}\n`);
}

function unscripted(model: string): GoogleError {
  return new GoogleError(
    'FAILED_PRECONDITION',
    `The emulator is strict, and no scripted reply matches this request for ${model}.`,
  );
}
