import { redisStreamLog } from '@gemini/stream-log-redis';
import { createStreamManager } from '@gemini/stream-manager';
import { createClient } from 'redis';
import { createResumableStreamContext } from 'resumable-stream';

/** A way to share streams of texts between processes over Redis; each is read in its own cheapest way. */
export interface Contestant {
  /** Runs a stream, with one reader; resolves when other processes can find it. */
  run(id: string, source: ReadableStream<string>, onText: OnText): Promise<void>;
  /** Reads a stream of another process from its start. */
  follow(id: string, onText: OnText): Promise<void>;
}

/** Called with each event, or with each chunk of text. */
export type OnText = (text: string) => void;

export const contestantNames = ['ours', 'resumable-stream'] as const;
export type ContestantName = (typeof contestantNames)[number];

/** Connects a contestant with the same library for both. */
export async function connectContestant(name: ContestantName, port: number): Promise<Contestant> {
  const connect = () => createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  if (name === 'ours') {
    const streamLog = redisStreamLog({ client: await connect() });
    const streams = createStreamManager<string>({ streamLog, maxStreams: Infinity, lingerMs: Infinity });
    return {
      async run(id, source, onText) {
        streams.start(() => source, { id }).subscribe(onText);
        await streams.attach(id);
      },
      async follow(id, onText) {
        (await streams.attach(id)).subscribe(onText);
      },
    };
  }
  const [publisher, subscriber] = await Promise.all([connect(), connect()]);
  const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber });
  return {
    async run(id, source, onText) {
      void readAll(await context.createNewResumableStream(id, () => source), onText);
    },
    async follow(id, onText) {
      void readAll(await context.resumeExistingStream(id), onText);
    },
  };
}

async function readAll(stream: ReadableStream<string> | null | undefined, onText: OnText): Promise<void> {
  if (stream === null || stream === undefined) throw new Error('the stream has ended or is not there');
  for await (const text of stream) onText(text);
}
