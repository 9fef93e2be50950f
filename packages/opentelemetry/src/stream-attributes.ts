import type { GeminiError, StreamTraceContext } from '@gemini/client';
import type { Attributes } from '@opentelemetry/api';
import { attribute, operation, own, provider } from './names.ts';

/** A model or an agent, and the operation that asks it. */
export interface Asked {
  readonly operation: string;
  /** Of the model or the agent; `undefined` for an interaction that existed before. */
  readonly name: string | undefined;
  readonly isAgent: boolean;
}

/** Returns what a stream asks. The model of an interaction that existed before is not known. */
export function askedBy({ model, parameters, request }: StreamTraceContext): Asked {
  const isAgent = parameters.agent !== undefined;
  return {
    operation: isAgent ? operation.agent : operation.generate,
    name: request === undefined ? undefined : model,
    isAgent,
  };
}

/** Returns the name of a span: the operation, and the model or agent if it is known. */
export function spanName({ operation: name, name: of }: Asked): string {
  return of === undefined ? name : `${name} ${of}`;
}

/** Returns the attributes that spans and metrics share. Their values are few: no id, no text. */
export function sharedAttributes(stream: StreamTraceContext, asked: Asked): Attributes {
  const attributes: Attributes = {
    [attribute.operation]: asked.operation,
    [attribute.provider]: provider[stream.api],
    [attribute.serverAddress]: stream.serverAddress,
    [attribute.serverPort]: stream.serverPort,
  };
  if (asked.name !== undefined) attributes[asked.isAgent ? attribute.agent : attribute.requestModel] = asked.name;
  if (stream.responseModel !== undefined) attributes[attribute.responseModel] = stream.responseModel;
  return attributes;
}

/** Adds the settings of the request to the attributes of a span. */
export function addRequest(attributes: Attributes, { parameters, conversationId }: StreamTraceContext): void {
  const { stopSequences, candidateCount } = parameters;
  attributes[attribute.stream] = true;
  add(attributes, attribute.temperature, parameters.temperature);
  add(attributes, attribute.topP, parameters.topP);
  add(attributes, attribute.topK, parameters.topK);
  add(attributes, attribute.maxTokens, parameters.maxOutputTokens);
  add(attributes, attribute.seed, parameters.seed);
  if (stopSequences !== undefined) attributes[attribute.stopSequences] = [...stopSequences];
  add(attributes, attribute.frequencyPenalty, parameters.frequencyPenalty);
  add(attributes, attribute.presencePenalty, parameters.presencePenalty);
  if (candidateCount !== 1) add(attributes, attribute.choiceCount, candidateCount);
  add(attributes, attribute.outputType, parameters.outputType);
  add(attributes, attribute.conversation, conversationId);
}

/** Returns the facts of an answer that has ended. */
export function responseAttributes(stream: StreamTraceContext): Attributes {
  const { usage, finishReasons = [], firstChunkMs } = stream;
  const attributes: Attributes = {};
  add(attributes, attribute.responseId, stream.responseId);
  add(attributes, attribute.responseModel, stream.responseModel);
  if (finishReasons.some((reason) => reason !== undefined)) {
    attributes[attribute.finishReasons] = finishReasons.map((reason = 'FINISH_REASON_UNSPECIFIED') => reason);
  }
  add(attributes, attribute.timeToFirstChunk, firstChunkMs === undefined ? undefined : firstChunkMs / 1_000);
  add(attributes, attribute.inputTokens, usage?.promptTokenCount);
  add(attributes, attribute.outputTokens, outputTokens(usage));
  add(attributes, attribute.reasoningTokens, usage?.thoughtsTokenCount);
  add(attributes, attribute.cachedTokens, usage?.cachedContentTokenCount);
  add(attributes, own.attempts, stream.attempts);
  add(attributes, own.endedBy, stream.endedBy);
  add(attributes, own.verdict, stream.verdict);
  add(attributes, own.cause, stream.verdictCause);
  return attributes;
}

/** Returns the tokens that were generated: thoughts count too. `undefined` if the answer has no counts. */
export function outputTokens(usage: StreamTraceContext['usage']): number | undefined {
  const { candidatesTokenCount, thoughtsTokenCount } = usage ?? {};
  if (candidatesTokenCount === undefined && thoughtsTokenCount === undefined) return undefined;
  return (candidatesTokenCount ?? 0) + (thoughtsTokenCount ?? 0);
}

/** Returns the status of the server if there is one, and otherwise the code of the error. */
export function errorType(error: object): string {
  const { status, code = 'unknown' } = error as Partial<GeminiError>;
  return status === undefined ? code : String(status);
}

function add(attributes: Attributes, name: string, value: string | number | undefined): void {
  if (value !== undefined) attributes[name] = value;
}
