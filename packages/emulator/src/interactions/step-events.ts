import type { AnswerCandidate } from '../answers/answer.ts';
import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { type Random, randomBase64 } from '../wire/random.ts';
import { countPartTokens, type Part, splitTokens } from '../wire/response.ts';
import type { Step } from './interaction-request.ts';

/** An event of a step, before it is paced. */
export interface StepEvent {
  readonly event: JsonObject;
  readonly tokens: number;
  /** The total to which the tokens belong. */
  readonly kind: 'output' | 'thought' | 'tool';
  /** The factor by which this event is slower than the pace. @defaultValue 1 */
  readonly slowness?: number | undefined;
}

/** Writes the events of steps, one step after another, numbered from 0. */
export class StepWriter {
  readonly events: StepEvent[] = [];
  #index = -1;
  #open: JsonObject | undefined;

  /** The type of the open step. */
  get type(): string | undefined {
    return this.#open === undefined ? undefined : textOr(this.#open['type'], '');
  }

  /** Ends the open step, and begins another one. */
  start(step: JsonObject): void {
    this.close();
    this.#index += 1;
    this.#open = step;
    this.#push({ index: this.#index, step, event_type: 'step.start' });
  }

  /** Continues the open step if it has this type, or begins one. */
  inside(type: string): void {
    if (this.type !== type) this.start({ type });
  }

  delta(delta: JsonObject, tokens: number, slowness?: number): void {
    this.#push({ index: this.#index, delta, event_type: 'step.delta' }, tokens, slowness);
  }

  close(): void {
    if (this.#open === undefined) return;
    this.#push({ index: this.#index, event_type: 'step.stop' });
    this.#open = undefined;
  }

  #push(event: JsonObject, tokens = 0, slowness?: number): void {
    const type = this.type ?? '';
    const kind =
      type === 'thought' ? 'thought' : /_(?:call|result)$/u.test(type) && type !== 'function_call' ? 'tool' : 'output';
    this.events.push({ event, tokens, kind, slowness });
  }
}

/** The choices that the events of an answer need. */
interface StepContext {
  readonly random: Random;
  /** The number of tokens of a delta of arguments. */
  readonly burst: number;
}

/** Writes the steps of a candidate of `generateContent`. Each answer has a thought with a signature, as the API's have. */
export function writeCandidate(writer: StepWriter, { pieces }: AnswerCandidate, context: StepContext): void {
  const parts = pieces.flatMap((piece) => piece.parts.map((part) => ({ part, slowness: piece.slowness })));
  const isThought = ({ part }: { part: Part }): boolean => part['thought'] === true;
  for (const { part, slowness } of parts.filter(isThought)) {
    writer.inside('thought');
    if (typeof part['text'] === 'string') writeSummary(writer, part['text'], slowness);
  }
  const signed = parts.find(({ part }) => typeof part['thoughtSignature'] === 'string')?.part['thoughtSignature'];
  writer.inside('thought');
  writer.delta({ signature: signed ?? randomBase64(context.random, 48), type: 'thought_signature' }, 0);
  for (const { part, slowness } of parts.filter((each) => !isThought(each))) writePart(writer, part, slowness, context);
}

function writeSummary(writer: StepWriter, text: string, slowness: number | undefined): void {
  writer.delta({ content: { text, type: 'text' }, type: 'thought_summary' }, splitTokens(text).length, slowness);
}

function writePart(writer: StepWriter, part: Part, slowness: number | undefined, context: StepContext): void {
  const { text, functionCall, inlineData, fileData, executableCode, codeExecutionResult } = part;
  if (typeof text === 'string' && text !== '') {
    writer.inside('model_output');
    writer.delta({ text, type: 'text' }, splitTokens(text).length, slowness);
  } else if (isJsonObject(functionCall)) {
    const { id, name, args } = functionCall;
    const step = { id: id ?? randomBase64(context.random, 6).replaceAll(/[+/]/gu, 'x'), type: 'function_call', name };
    writeStep(writer, { ...step, signature: '', arguments: args ?? {} }, context);
  } else if (isJsonObject(inlineData) || isJsonObject(fileData)) {
    writer.inside('model_output');
    writer.delta(mediaContent(part), countPartTokens(part), slowness);
  } else if (isJsonObject(executableCode)) {
    const id = codeId(executableCode['code']);
    const args = { language: textOr(executableCode['language'], 'PYTHON').toLowerCase(), code: executableCode['code'] };
    writeStep(writer, { type: 'code_execution_call', id, arguments: args }, context);
  } else if (isJsonObject(codeExecutionResult)) {
    const { outcome, output } = codeExecutionResult;
    const step = {
      type: 'code_execution_result',
      call_id: lastCallId(writer),
      result: output,
      is_error: outcome !== 'OUTCOME_OK',
    };
    writeStep(writer, step, context);
  }
}

function codeId(code: JsonValue | undefined): string {
  return `code-${textOr(code, '').length}`;
}

function lastCallId(writer: StepWriter): JsonValue | undefined {
  const started = writer.events.findLast(({ event }) => isJsonObject(event['step']))?.event['step'];
  return isJsonObject(started) ? started['id'] : undefined;
}

function mediaContent({ inlineData, fileData }: Part): JsonObject {
  const file = isJsonObject(inlineData) ? inlineData : isJsonObject(fileData) ? fileData : {};
  const mimeType = textOr(file['mimeType'], 'application/octet-stream');
  const [family = ''] = mimeType.split('/');
  const type = ['image', 'audio', 'video'].includes(family) ? family : 'document';
  const place = isJsonObject(inlineData) ? { data: file['data'] } : { uri: file['fileUri'] };
  return { mime_type: mimeType, ...place, type };
}

/**
 * Writes one whole step: `step.start` with its type and its ids, deltas that fill it, and `step.stop`. Texts and arguments
 * are cut into several deltas; every other field comes in one.
 */
export function writeStep(writer: StepWriter, step: Step, context: StepContext): void {
  const { type, id, call_id: callId, name, server_name: serverName, signature, ...filled } = step;
  const head = present({ id, call_id: callId, name, server_name: serverName });
  const kind = textOr(type, '');
  if (kind === 'function_call') {
    writer.start({ ...head, ...present({ signature }), type: kind, arguments: {} });
    const json = JSON.stringify(filled['arguments'] ?? {});
    for (const piece of textPieces(json, context.burst)) {
      writer.delta({ arguments: piece, type: 'arguments_delta' }, splitTokens(piece).length);
    }
  } else if (kind === 'thought') {
    writer.start({ type: kind });
    for (const item of objectsOf(filled['summary'])) {
      writer.delta({ content: item, type: 'thought_summary' }, contentTokens(item), 0.5);
    }
    if (signature !== undefined) writer.delta({ signature, type: 'thought_signature' }, 0);
  } else if (kind === 'model_output') {
    writer.start({ type: kind });
    for (const item of objectsOf(filled['content'])) writeContent(writer, item, context);
  } else {
    // The steps of the server's tools: one delta of the step's own type has everything.
    writer.start({ ...head, signature: '', type: kind });
    const delta = { type: kind, ...filled, ...present({ signature }) };
    writer.delta(delta, splitTokens(JSON.stringify(filled)).length);
  }
  writer.close();
}

function writeContent(writer: StepWriter, content: JsonObject, { burst }: StepContext): void {
  const { text, annotations } = content;
  if (content['type'] !== 'text' || typeof text !== 'string') {
    writer.delta(content, contentTokens(content));
    return;
  }
  for (const piece of textPieces(text, burst)) writer.delta({ text: piece, type: 'text' }, splitTokens(piece).length);
  if (annotations !== undefined) writer.delta({ annotations, type: 'text_annotation_delta' }, 0);
}

function contentTokens(content: JsonObject): number {
  return typeof content['text'] === 'string' ? splitTokens(content['text']).length : 258;
}

function textPieces(text: string, burst: number): readonly string[] {
  const tokens = splitTokens(text);
  const size = Math.max(1, Math.round(burst));
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, index) =>
    tokens.slice(index * size, (index + 1) * size).join(''),
  );
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? (value as readonly JsonValue[]) : []).filter(isJsonObject);
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
