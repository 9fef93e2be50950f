import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPicture, themes } from './draw-picture.ts';
import { measureAnswers } from './measure-answer.ts';

/** `pnpm picture` measures one answer live and buffered, and writes the pictures of the README to `docs/`. */
const answers = await measureAnswers({ timeToFirstTokenMs: 400, tokensPerSecond: 35 });
for (const [name, theme] of Object.entries(themes)) {
  const path = join(import.meta.dirname, `../../docs/live-and-buffered-${name}.svg`);
  writeFileSync(path, drawPicture(answers, theme));
  process.stdout.write(`${path}\n`);
}
