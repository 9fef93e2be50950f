import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../measure/interleave.ts';
import type { Contestant } from './contestants.ts';

const contestantsFile = fileURLToPath(new URL('contestants.ts', import.meta.url));

/** From the call to the first event on a connection that is there, in milliseconds. */
export const warmFirstEventMs = async (read: Contestant, origin: string, rounds: number): Promise<number> => {
  const times: number[] = [];
  for (let round = -10; round < rounds; round += 1) {
    const start = performance.now();
    let firstMs: number | undefined;
    await read(`${origin}/1`, () => {
      firstMs ??= performance.now() - start;
    });
    if (round >= 0 && firstMs !== undefined) times.push(firstMs);
    // undici keeps a connection for others one turn after its response.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return median(times);
};

/** From the first call in a fresh process to its first event; what all contestants import is loaded before. */
export const coldFirstEventMs = (name: string, origin: string, rounds: number): number => {
  const code = `
    const { contestants } = await import(${JSON.stringify(contestantsFile)});
    const start = performance.now();
    let firstMs;
    await contestants[${JSON.stringify(name)}](${JSON.stringify(`${origin}/1`)}, () => {
      firstMs ??= performance.now() - start;
    });
    console.log(firstMs);
    process.exit();
  `;
  const times = Array.from({ length: rounds }, () =>
    Number(execFileSync(process.execPath, ['--conditions=@gemini/source', '--input-type=module', '--eval', code])),
  );
  return median(times);
};
