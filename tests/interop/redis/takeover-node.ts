import { createGemini, type GeminiStreamEvent } from '@gemini/client';
import { redisStreamLog } from '@gemini/stream-log-redis';
import { createClient } from 'redis';
import { answerOf, type Command, type FollowerReport, type Kind, type Report } from './takeover-messages.ts';

// One process of the cluster: the test sends commands, and gets a report for each stream that was followed to its end.

const [redisUrl = '', baseUrl = '', lease = ''] = process.argv.slice(2);
const client = createClient({ url: redisUrl });
client.on('error', () => {});
await client.connect();
const streamLog = redisStreamLog({ client, leaseMs: Number(lease) });
const gemini = createGemini({ baseUrl, streamLog });
let killedAt = Infinity;

process.on('message', (command: Command) => {
  if (command.type === 'killed') killedAt = performance.now();
  else if (command.type === 'start') start(command.id, command.kind);
  else void follow(command.id, command.followersCount);
});
process.on('disconnect', () => process.exit());
report({ type: 'ready' });

function start(id: string, kind: Kind): void {
  const { prompt } = answerOf(id);
  const options = { id, onDuplicate: 'join', lingerMs: Infinity } as const;
  if (kind === 'run') gemini.interactions.start(prompt, { ...options, background: true });
  else gemini.startStream(prompt, kind === 'plain' ? options : { ...options, headers: withTokens });
  void gemini.streams.attach(id).then(() => report({ type: 'started', id }));
}

async function follow(id: string, followersCount: number): Promise<void> {
  await gemini.streams.attach(id);
  const followers = await Promise.all(Array.from({ length: followersCount }, () => followOnce(id)));
  report({ type: 'followed', id, followers });
}

async function followOnce(id: string): Promise<FollowerReport> {
  let text = '';
  let endsCount = 0;
  let status = '';
  let code: string | null = null;
  let takenOverMs: number | undefined;
  const listener = (event: GeminiStreamEvent | { type: 'gap' }): void => {
    if (event.type === 'text-delta') text += event.text;
    else if (event.type === 'resume' || event.type === 'retry') takenOverMs ??= performance.now() - killedAt;
    else if (event.type === 'end') {
      endsCount += 1;
      ({ status } = event.outcome);
      code = event.outcome.error?.code ?? null;
    }
  };
  await gemini.subscribeStream(id, listener).ended;
  return { text, endsCount, status, code, takenOverMs };
}

function report(message: Report): void {
  process.send?.(message);
}

const scenario = {
  name: 'tokens',
  description: 'Tokens.',
  steps: [{ faults: [{ type: 'checkpoints', everyPieces: 1 }] }],
};
const withTokens = { 'x-emulator-scenario': JSON.stringify(scenario) };
