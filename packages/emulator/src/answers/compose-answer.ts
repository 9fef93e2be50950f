import { crc32, deflateSync } from 'node:zlib';
import { isJsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { createRandom, hashText, type Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { type Answer, type AnswerCandidate, type AnswerPiece, limitCandidate } from './answer.ts';
import { composeText, findPreparedAnswer } from './compose-text.ts';
import { functionResponsesOf, planCalls, streamedCall, wholeCall } from './function-calls.ts';
import { groundingFields } from './grounding.ts';
import { type Pace, textPieces } from './pace.ts';
import { schemaValue } from './schema-value.ts';
import { signsCalls, thoughtPieces, thoughtSignature, wantsThoughts } from './thoughts.ts';

/** The inputs of an answer besides the request. */
interface AnswerContext {
  readonly pace: Pace;
  readonly seed: number;
  /** The name of the model, with its alias resolved. */
  readonly modelVersion: string;
}

/** Composes the emulator's own answer to a request: the same for the same seed and prompt. */
export function composeAnswer(request: GenerateRequest, context: AnswerContext): Answer {
  const count = request.generationConfig?.candidateCount ?? 1;
  const candidates = Array.from({ length: count }, (_, index) =>
    limitCandidate(composeCandidate(request, index, context), request.generationConfig),
  );
  return { candidates };
}

/** Composes thoughts, then calls, structured output, function results, a picture, or code and text. */
function composeCandidate(
  request: GenerateRequest,
  index: number,
  { pace, seed, modelVersion }: AnswerContext,
): AnswerCandidate {
  const source = `${seed}\n${index}\n${promptOf(request)}`;
  const random = createRandom(hashText(source));
  // Thoughts and signatures have a separate random source, so that they do not change the text.
  const thinking = createRandom(hashText(`thinking\n${source}`));
  const thoughts = thoughtPieces(request, thinking);
  const signature = wantsThoughts(request) ? thoughtSignature(thinking) : undefined;
  const calls = callPieces(
    request,
    random,
    signsCalls(modelVersion) ? (signature ?? thoughtSignature(thinking)) : signature,
  );
  if (calls.length > 0) return { pieces: [...thoughts, ...calls], finishReason: 'STOP' };
  const body = bodyPieces(request, pace, random);
  const text = body.map((piece) => textOr(piece.parts[0]?.['text'], '')).join('');
  // The signature of a text comes last, on an empty text part.
  const signed = signature === undefined ? [] : [{ parts: [{ text: '', thoughtSignature: signature }], tokens: 0 }];
  return { pieces: [...thoughts, ...body, ...signed], finishReason: 'STOP', closing: groundingFields(request, text) };
}

function bodyPieces(request: GenerateRequest, pace: Pace, random: Random): readonly AnswerPiece[] {
  const structured = composeStructured(request, random);
  if (structured !== undefined) return textPieces(structured, pace, random);
  const responses = functionResponsesOf(request);
  if (responses.length > 0) {
    const results = responses.map(
      ({ name, response }) => `${textOr(name, 'The function')} says: ${JSON.stringify(response ?? {})}.`,
    );
    return textPieces(`Here is what I found. ${results.join(' ')}`, pace, random);
  }
  if (request.generationConfig?.responseModalities?.some((modality) => modality.toUpperCase() === 'IMAGE') === true) {
    const inlineData = { mimeType: 'image/png', data: composeImage(random).toString('base64') };
    return [...textPieces('Here is your picture.', pace, random), { parts: [{ inlineData }], tokens: 1_290 }];
  }
  return [...codePieces(request), ...composeText(request, pace, random)];
}

function callPieces(request: GenerateRequest, random: Random, signature: string | undefined): readonly AnswerPiece[] {
  const config = request.toolConfig?.['functionCallingConfig'];
  const isStreamed = isJsonObject(config) && config['streamFunctionCallArguments'] === true;
  return planCalls(request, random).flatMap((call, index) => {
    // Only the first of several calls has the signature.
    const ownSignature = index === 0 ? signature : undefined;
    return isStreamed ? [...streamedCall(call, ownSignature)] : [wholeCall(call, ownSignature)];
  });
}

function codePieces(request: GenerateRequest): readonly AnswerPiece[] {
  const code = findPreparedAnswer(request)?.code;
  if (code === undefined || request.tools?.some((tool) => 'codeExecution' in tool) !== true) return [];
  return [
    { parts: [{ executableCode: { language: 'PYTHON', code: code.source } }], tokens: 12 },
    { parts: [{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: code.output } }], tokens: 4 },
  ];
}

/** Returns JSON or an enum value for a request that asks for one. */
function composeStructured(request: GenerateRequest, random: Random): string | undefined {
  const config = request.generationConfig;
  const type = config?.responseMimeType;
  if (type !== 'application/json' && type !== 'text/x.enum') return undefined;
  const given = config?.responseJsonSchema ?? config?.responseSchema;
  const schema = isJsonObject(given) ? given : { type: 'object', properties: { answer: { type: 'string' } } };
  const value: JsonValue = schemaValue(schema, { random, prompt: promptOf(request) });
  return type === 'text/x.enum' && typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

const imageSide = 32;

/** Composes a PNG of coloured stripes. */
function composeImage(random: Random): Buffer {
  const colours = Array.from({ length: 4 }, () => [random() * 256, random() * 256, random() * 256].map(Math.floor));
  const row = (y: number): number[] => [
    // Each row begins with its filter type: 0 means no filter.
    0,
    ...Array.from({ length: imageSide }, (_, x) => colours[Math.floor((x + y) / 8) % 4] ?? [0, 0, 0]).flat(),
  ];
  const pixels = Buffer.from(Array.from({ length: imageSide }, (_, y) => row(y)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(imageSide, 0);
  header.writeUInt32BE(imageSide, 4);
  // Eight bits per channel, RGB.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const blocks = [pngBlock('IHDR', header), pngBlock('IDAT', deflateSync(pixels)), pngBlock('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...blocks]);
}

function pngBlock(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const block = Buffer.alloc(body.length + 8);
  block.writeUInt32BE(data.length, 0);
  body.copy(block, 4);
  block.writeUInt32BE(crc32(body), body.length + 4);
  return block;
}
