import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPicture, themes } from './draw-picture.ts';
import { drawTrace } from './draw-trace.ts';
import { measureAnswers } from './measure-answer.ts';
import { measureTrace } from './measure-trace.ts';

/** `pnpm picture` measures one answer live and buffered, and one turn as a trace, and writes their pictures to `docs/`. */
const answers = await measureAnswers({ timeToFirstTokenMs: 400, tokensPerSecond: 35 });
const spans = await measureTrace({ timeToFirstTokenMs: 150, tokensPerSecond: 35 });
for (const [name, theme] of Object.entries(themes)) {
  const pictures = { 'live-and-buffered': drawPicture(answers, theme), trace: drawTrace(spans, theme) };
  for (const [file, svg] of Object.entries(pictures)) {
    const path = join(import.meta.dirname, `../../docs/${file}-${name}.svg`);
    writeFileSync(path, svg);
    process.stdout.write(`${path}\n`);
  }
}
