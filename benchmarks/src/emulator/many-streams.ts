import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * Many concurrent streams from one emulator process at 20 events a second each: do all of them finish, at the pace
 * that was set, and what do they cost? Linux only: CPU and memory are read from /proc.
 *
 *     node --conditions=@gemini/source benchmarks/src/emulator/many-streams.ts [STREAMS…]
 */
const eventsPerSecond = 20;
const eventsAStream = 200;
const path = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
const body = JSON.stringify({ contents: [{ parts: [{ text: `Count from 1 to ${eventsAStream}` }] }] });
const ticksPerSecond = 100;

interface StreamResult {
  readonly events: number;
  readonly isWhole: boolean;
  readonly gapsMs: readonly number[];
}

for (const streams of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1_000])
  await measure(streams);

async function measure(streams: number): Promise<void> {
  const main = fileURLToPath(new URL('../../../packages/emulator/src/main.ts', import.meta.url));
  // A number of a count takes three times as long as a token.
  const child = spawn(process.execPath, [main, '--port', '0', '--pace', `100,${eventsPerSecond * 3},0,1`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [ready] = (await once(child.stdout, 'data')) as [Buffer];
  const { hostname, port } = new URL(/http:\S+/u.exec(ready.toString())?.[0] ?? '');
  const before = usage(child);
  const startedMs = performance.now();
  const results = await Promise.all(Array.from({ length: streams }, () => readStream(hostname, Number(port))));
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = usage(child);
  child.kill();
  report(streams, seconds, results, before, after);
}

function readStream(hostname: string, port: number): Promise<StreamResult> {
  return new Promise((resolve) => {
    const gapsMs: number[] = [];
    let [events, lastMs, tail] = [0, 0, ''];
    const socket = connect(port, hostname, () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    socket.setEncoding('latin1').on('data', (text: string) => {
      const count = text.split('data: ').length - 1;
      const nowMs = performance.now();
      if (events > 0 && count > 0) gapsMs.push(nowMs - lastMs);
      if (count > 0) lastMs = nowMs;
      events += count;
      tail = (tail + text).slice(-1_000);
    });
    socket
      .on('error', () => {})
      .once('close', () => resolve({ events, isWhole: tail.includes('"finishReason":"STOP"'), gapsMs }));
  });
}

interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

function usage({ pid }: ChildProcess): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const peakKiB = /VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentMiB: Number(peakKiB) / 1_024,
  };
}

function report(streams: number, seconds: number, results: readonly StreamResult[], before: Usage, after: Usage): void {
  const gaps = results.flatMap(({ gapsMs }) => gapsMs).toSorted((left, right) => left - right);
  const at = (share: number): string => (gaps[Math.floor(gaps.length * share)] ?? Number.NaN).toFixed(1);
  const events = results.reduce((sum, result) => sum + result.events, 0);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const whole = results.filter((result) => result.isWhole && result.events === eventsAStream).length;
  console.log(
    `${streams} streams x ${eventsPerSecond}/s, ${eventsAStream} events each: ${whole} whole, ${streams - whole} failed`,
  );
  console.log(
    `  ${seconds.toFixed(1)} s (${(eventsAStream / eventsPerSecond).toFixed(1)} s at the pace set), ${Math.round(events / seconds)} events/s`,
  );
  console.log(
    `  CPU ${cpuSeconds.toFixed(2)} s = ${((100 * cpuSeconds) / seconds).toFixed(0)} % of one core, ${((1e6 * cpuSeconds) / events).toFixed(0)} us an event`,
  );
  console.log(
    `  memory ${before.residentMiB.toFixed(0)} -> ${after.residentMiB.toFixed(0)} MiB at its peak, ${((1_024 * (after.residentMiB - before.residentMiB)) / streams).toFixed(0)} KiB a stream`,
  );
  console.log(`  gaps between reads p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1 - 1 / gaps.length)} ms`);
}
