import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { createDemoServer } from './create-demo-server.ts';

const hasKey = Boolean(
  process.env['GEMINI_API_KEY'] ?? process.env['GOOGLE_API_KEY'] ?? process.env['GEMINI_BASE_URL'],
);
const emulator = hasKey
  ? undefined
  : await createEmulator({ pace: { timeToFirstTokenMs: 400, tokensPerSecond: 30, burst: 2 } });
const gemini = createGemini(emulator === undefined ? {} : { baseUrl: emulator.url });
const server = await createDemoServer(gemini, { port: Number(process.env['PORT'] ?? 4_300) });
process.stdout.write(`Open ${server.url}\n`);
if (emulator !== undefined) process.stdout.write('There is no API key: an emulator in this process answers.\n');

let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second one does not wait.
    if (isEnding) process.exit(130);
    isEnding = true;
    void server.close().then(() => emulator?.close());
  });
}
