import { deflateSync } from 'node:zlib';
import { isJsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { createRandom, hashText, type Random } from '../wire/random.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { type Answer, type AnswerCandidate, type AnswerPiece, limitCandidate } from './answer.ts';
import { calculate, composeText } from './compose-text.ts';
import { functionResponsesOf, planCalls, streamedCall, wholeCall } from './function-calls.ts';
import { groundingFields } from './grounding.ts';
import { type Pace, textPieces } from './pace.ts';
import { schemaValue } from './schema-value.ts';
import { signsCalls, thoughtPieces, thoughtSignature, wantsThoughts } from './thoughts.ts';

/** What an answer depends on besides the request. */
export interface AnswerContext {
  readonly pace: Pace;
  readonly seed: number;
  /** What the model really is, an alias resolved. */
  readonly modelVersion: string;
}

/** The emulator's own answer to a request: the same for the same seed and prompt. */
export function composeAnswer(request: GenerateRequest, { pace, seed, modelVersion }: AnswerContext): Answer {
  const count = request.generationConfig?.candidateCount ?? 1;
  const candidates = Array.from({ length: count }, (_, index) => {
    const own = `${seed}\n${index}\n${promptOf(request)}`;
    const random = createRandom(hashText(own));
    const thinking = createRandom(hashText(`thinking\n${own}`));
    return limitCandidate(
      composeCandidate(request, { pace, random, thinking, areCallsSigned: signsCalls(modelVersion) }),
      request.generationConfig,
    );
  });
  return { candidates };
}

/** What a candidate is made with. */
export interface CandidateContext {
  readonly pace: Pace;
  readonly random: Random;
  /** Apart from the other, so that thoughts and signatures leave the text as it is. */
  readonly thinking: Random;
  readonly areCallsSigned: boolean;
}

/** One candidate of the emulator's own making: thoughts, then calls, code, a picture, structured output or text. */
export function composeCandidate(
  request: GenerateRequest,
  { pace, random, thinking, areCallsSigned }: CandidateContext,
): AnswerCandidate {
  const thoughts = thoughtPieces(request, pace, thinking);
  const signature = wantsThoughts(request) ? thoughtSignature(thinking) : undefined;
  const calls = callPieces(request, random, areCallsSigned ? (signature ?? thoughtSignature(thinking)) : signature);
  if (calls.length > 0) return { pieces: [...thoughts, ...calls], finishReason: 'STOP' };
  const body = bodyPieces(request, pace, random);
  const text = body.map((piece) => textOr(piece.parts[0]?.['text'], '')).join('');
  // The signature of a text comes last, on an empty text of its own.
  const signed = signature === undefined ? [] : [{ parts: [{ text: '', thoughtSignature: signature }], tokens: 0 }];
  return { pieces: [...thoughts, ...body, ...signed], finishReason: 'STOP', closing: groundingFields(request, text) };
}

function bodyPieces(request: GenerateRequest, pace: Pace, random: Random): readonly AnswerPiece[] {
  const structured = composeStructured(request, random);
  if (structured !== undefined) return textPieces(structured, pace, random);
  const responses = functionResponsesOf(request);
  if (responses.length > 0) {
    const told = responses.map(
      ({ name, response }) => `${textOr(name, 'The function')} says: ${JSON.stringify(response ?? {})}.`,
    );
    return textPieces(`Here is what I found. ${told.join(' ')}`, pace, random);
  }
  if (request.generationConfig?.responseModalities?.some((modality) => modality.toUpperCase() === 'IMAGE') === true) {
    const inlineData = { mimeType: 'image/png', data: pngImage(random).toString('base64') };
    return [...textPieces('Here is your picture.', pace, random), { parts: [{ inlineData }], tokens: 1_290 }];
  }
  return [...codePieces(request), ...composeText(request, pace, random)];
}

function callPieces(request: GenerateRequest, random: Random, signature: string | undefined): readonly AnswerPiece[] {
  const config = request.toolConfig?.['functionCallingConfig'];
  const isStreamed =
    typeof config === 'object' &&
    config !== null &&
    'streamFunctionCallArguments' in config &&
    config['streamFunctionCallArguments'] === true;
  return planCalls(request, random).flatMap((call, index) => {
    // Of calls made at once only the first carries the signature.
    const own = index === 0 ? signature : undefined;
    return isStreamed ? [...streamedCall(call, own)] : [wholeCall(call, own)];
  });
}

function codePieces(request: GenerateRequest): readonly AnswerPiece[] {
  const prompt = promptOf(request);
  const result = calculate(prompt);
  if (result === undefined || request.tools?.some((tool) => 'codeExecution' in tool) !== true) return [];
  const [expression = '', output = ''] = result.replace(/\.$/u, '').split(' = ');
  return [
    { parts: [{ executableCode: { language: 'PYTHON', code: `print(${expression})` } }], tokens: 12 },
    { parts: [{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: `${output}\n` } }], tokens: 4 },
  ];
}

/** The text of an answer whose form the request sets (`responseMimeType`); `undefined` where it sets none. */
export function composeStructured(request: GenerateRequest, random: Random): string | undefined {
  const config = request.generationConfig;
  const type = config?.responseMimeType;
  const given = config?.responseJsonSchema ?? config?.responseSchema;
  if (type !== 'application/json' && type !== 'text/x.enum') return undefined;
  const schema = isJsonObject(given) ? given : { type: 'object', properties: { answer: { type: 'string' } } };
  const value: JsonValue = schemaValue(schema, { random, prompt: promptOf(request) });
  return type === 'text/x.enum' && typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

/** A small picture of coloured stripes as the bytes of a PNG. */
export function pngImage(random: Random, side = 32): Buffer {
  const colours = Array.from({ length: 4 }, () => [random() * 256, random() * 256, random() * 256].map(Math.floor));
  const row = (y: number): number[] => [
    // Each row begins with its filter: none.
    0,
    ...Array.from({ length: side }, (_, x) => colours[Math.floor((x + y) / 8) % colours.length] ?? [0, 0, 0]).flat(),
  ];
  const pixels = Buffer.from(Array.from({ length: side }, (_, y) => row(y)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits a channel, RGB.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    block('IHDR', header),
    block('IDAT', deflateSync(pixels)),
    block('IEND', Buffer.alloc(0)),
  ]);
}

function block(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

// node:zlib has crc32 only from 20.15 on, and not in every 21.
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
