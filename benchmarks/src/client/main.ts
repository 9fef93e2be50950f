import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { judgeGoals } from '../measure/judge-goals.ts';
import { measureFlood } from './measure-flood.ts';
import { measureLargeEvent } from './measure-large-event.ts';
import { measureMemory } from './measure-memory.ts';
import { measureRead } from './measure-read.ts';
import { measureSize } from './measure-size.ts';
import { measureStart } from './measure-start.ts';
import { measureStreams } from './measure-streams.ts';

/** `--quick` takes half a minute: enough to see that all runs, too short for figures to rely on. */
const isQuick = process.argv.includes('--quick');

const server = spawn(process.execPath, [fileURLToPath(new URL('../measure/event-server.ts', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [ready] = (await once(server.stdout, 'data')) as [Buffer];
const origin = ready.toString().trim();
try {
  judgeGoals([
    ...(await measureRead(isQuick)),
    ...(await measureFlood(origin, isQuick)),
    ...(await measureStreams(origin, isQuick)),
    ...(await measureMemory(origin, isQuick)),
    ...(await measureLargeEvent(origin, isQuick)),
    ...measureStart(origin, isQuick),
    ...measureSize(),
  ]);
} finally {
  server.kill();
}
process.exit();
