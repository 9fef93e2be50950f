import { type GenerateRequest, promptOf } from '../wire/generate-request.ts';
import { textOr } from '../wire/json.ts';
import type { Pace } from '../wire/pace.ts';
import type { Random } from '../wire/random.ts';
import type { AnswerCandidate, AnswerPiece } from './answer.ts';
import { calculate } from './calculate.ts';
import { streamedCall, wholeCall } from './call-pieces.ts';
import { composeText } from './compose-text.ts';
import { functionResponsesOf, planCalls } from './function-calls.ts';
import { groundingFields } from './grounding.ts';
import { pngImage } from './png-image.ts';
import { composeStructured } from './structured-output.ts';
import { textPieces } from './text-pieces.ts';
import { thoughtPieces, thoughtSignature, wantsThoughts } from './thoughts.ts';

/** What a candidate is made with. */
export interface CandidateContext {
  readonly pace: Pace;
  readonly random: Random;
  /** Apart from the other, so that thoughts and signatures leave the text as it is. */
  readonly thinking: Random;
  readonly signsCalls: boolean;
}

/** One candidate of the emulator's own making: thoughts, then calls, code, a picture, structured output or text. */
export function composeCandidate(
  request: GenerateRequest,
  { pace, random, thinking, signsCalls }: CandidateContext,
): AnswerCandidate {
  const thoughts = thoughtPieces(request, pace, thinking);
  const signature = wantsThoughts(request) ? thoughtSignature(thinking) : undefined;
  const calls = callPieces(request, random, signsCalls ? (signature ?? thoughtSignature(thinking)) : signature);
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
