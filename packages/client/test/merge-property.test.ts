import { createGemini, type Candidate, type GenerateContentResponse, type Part } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { body } from './chunks.ts';
import { streamedCallParts } from './streamed-calls.ts';

const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const signature = fc.base64String({ minLength: 4, maxLength: 8 });
const args = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
  maxKeys: 3,
  noNullPrototype: true,
});

/** A part of the merged answer, and the pieces that it arrived in. */
interface Told {
  readonly whole: Part;
  readonly pieces: readonly Part[];
}

const inOnePiece = (whole: Part): Told => ({ whole, pieces: [whole] });
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.tuple(text, fc.boolean(), fc.array(fc.nat(12), { maxLength: 3 })).map(([said, thought, cuts]) => {
    const flags = thought ? { thought } : {};
    const starts = [0, ...cuts.filter((at) => at < said.length).toSorted((left, right) => left - right)];
    const pieces = starts.map((start, index) => ({ text: said.slice(start, starts[index + 1]), ...flags }));
    return { whole: { text: said, ...flags }, pieces };
  }),
  fc
    .tuple(fc.oneof(text, fc.constant('')), signature)
    .map(([said, thoughtSignature]) => inOnePiece({ text: said, thoughtSignature })),
  fc.tuple(text, args).map(([name, given]) => inOnePiece({ functionCall: { name, args: given } })),
  fc.tuple(text, args).map(([name, given]) => ({
    whole: { functionCall: { name, args: given } },
    pieces: streamedCallParts(name, given, () => [1]),
  })),
  fc.base64String().map((data) => inOnePiece({ inlineData: { mimeType: 'image/png', data } })),
  text.map((code) => inOnePiece({ executableCode: { language: 'PYTHON', code } })),
  text.map((output) => inOnePiece({ codeExecutionResult: { outcome: 'OUTCOME_OK', output } })),
  fc.tuple(text, signature).map(([id, thoughtSignature]) => inOnePiece({ toolCall: { id }, thoughtSignature })),
  text.map((uri) => inOnePiece({ fileData: { fileUri: uri, mimeType: 'text/plain' } })),
);

/** Consecutive parts: adjacent text of one kind is one part. */
const answer = fc.array(told, { maxLength: 6 }).map((parts) => {
  const wholes: Part[] = [];
  for (const { whole } of parts) {
    const last = wholes.at(-1);
    const isJoined = isPlain(whole) && last !== undefined && isPlain(last) && whole.thought === last.thought;
    if (isJoined) last.text = `${last.text}${whole.text}`;
    else wholes.push({ ...whole });
  }
  return { wholes, pieces: parts.flatMap(({ pieces }) => pieces) };
});
const isPlain = (part: Part): boolean => part.text !== undefined && part.thoughtSignature === undefined;

const answers = fc.array(answer, { minLength: 1, maxLength: 3 });

it('the merged answer is the same for every way to send it', async () => {
  await fc.assert(
    fc.asyncProperty(
      answers,
      fc.infiniteStream(fc.nat(2)),
      fc.integer({ min: 1, max: 200 }),
      async (all, turns, chunkBytes) => {
        const chunks = interleave(
          all.map(({ pieces }) => pieces),
          turns,
        );
        const ends = all.map((_answer, index): Candidate => ({ index, finishReason: 'STOP' }));
        await using emulator = await createEmulator({
          recording: { body: body(...chunks, { candidates: ends }), chunkBytes },
        });
        const { response, status } = await createGemini({ baseUrl: emulator.url, emptyAnswer: 'complete' }).stream('hi')
          .outcome;
        expect(status).toBe('completed');
        expect(response.candidates?.map(({ content }) => content?.parts ?? [])).toEqual(
          all.map(({ wholes }) => wholes),
        );
      },
    ),
    { numRuns: 80 },
  );
});

/** The candidates' parts in turn, a few a chunk, each in its own order. */
function interleave(lists: readonly (readonly Part[])[], turns: Iterable<number>): GenerateContentResponse[] {
  const left = lists.map((parts, index) => ({ index, parts: [...parts] }));
  const chunks: GenerateContentResponse[] = [];
  for (const turn of turns) {
    const open = left.filter(({ parts }) => parts.length > 0);
    const next = open[turn % Math.max(1, open.length)];
    if (next === undefined) break;
    chunks.push({
      candidates: [{ index: next.index, content: { role: 'model', parts: next.parts.splice(0, turn + 1) } }],
    });
  }
  return chunks;
}
