import { type ModelReply, serveModel, type Step } from '../../../packages/fetch/test/model-server.ts';
import { framesBefore, frameText, openAiWire, pieces } from '../../../packages/fetch/test/model-wires.ts';
import { runOpenAi } from '../fetch-cases/sdk-runners.ts';
import { alarm, leaveAnswer, readAnswer, type Reading, secondTry } from './reading.ts';

const answer = openAiWire.frames.map(frameText).join('');
const beginning = framesBefore(openAiWire, 2).map(frameText).join('');
const failure = frameText(openAiWire.errorFrame('server_error', 'The server is overloaded.'));
const write = (bytes: string | Uint8Array): Step => ({ type: 'write', bytes });
const reply = (...bytes: readonly (string | Uint8Array)[]): ModelReply => ({
  steps: [...bytes.map(write), { type: 'end' }],
});
const withLine = (line: string): ModelReply =>
  reply(openAiWire.frames.map((frame) => `${line}\n${frameText(frame)}`).join(''));

/** The same answer in ways that server-sent events and HTTP allow. */
const unusual: readonly ModelReply[] = [
  withLine('event: chunk'),
  withLine('id: 7'),
  withLine(': ping'),
  withLine('retry: 10'),
  reply(answer.replaceAll('\n', '\r')),
  reply(answer.replaceAll('\n', '\r\n')),
  reply(answer.replaceAll('data: ', 'data:')),
  reply(`\uFEFF${answer}`),
  reply(...[...Buffer.from(answer)].map((byte) => Uint8Array.of(byte))),
];

async function readReplies(...replies: readonly ModelReply[]): Promise<Reading> {
  await using server = await serveModel(replies);
  return await readAnswer(runOpenAi, server.url);
}

/** The answers of the SDK `openai`, in its own wire, by the question. Questions that its wire does not have are left out. */
export const openAiAnswers: Readonly<Record<string, () => Promise<string>>> = {
  unusual: async () => {
    const readings = await Promise.all(unusual.map((each) => readReplies(each)));
    const good = readings.filter(({ text, error }) => text === pieces.join('') && error === undefined);
    return `${good.length} of ${unusual.length}`;
  },
  cut: async () => alarm(await readReplies(reply(beginning))),
  refusedOnce: async () => {
    const body = write(openAiWire.errorBody('server_error', 'busy'));
    const refused: ModelReply = { status: 503, contentType: 'application/json', steps: [body, { type: 'end' }] };
    return secondTry(await readReplies(refused, reply(answer)));
  },
  errorFirst: async () => secondTry(await readReplies(reply(failure), reply(answer))),
  leaving: async () => {
    const { promise: isClosed, resolve } = Promise.withResolvers<boolean>();
    await using server = await serveModel([{ steps: slowly() }]);
    // The server looks before each write. If it comes to the end, the connection has stayed open.
    function* slowly(): Generator<Step> {
      for (let count = 0; count < 60; count += 1) {
        yield write(beginning);
        yield { type: 'wait', ms: 50 };
        if (server.requests[0]?.closedAtMs !== undefined) return resolve(true);
      }
      resolve(false);
    }
    await leaveAnswer(runOpenAi, server.url);
    return (await isClosed) ? 'is closed' : '**stays open**';
  },
};
