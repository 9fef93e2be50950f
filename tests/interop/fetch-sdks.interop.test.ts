import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countCases, type Marks, noteMarks } from '../../scripts/count-cases.ts';
import { anthropicWire, openAiWire, pieces as modelPieces } from '../../packages/fetch/test/model-wires.ts';
import { root } from '../workspace-packages.ts';
import { caseTable, countOf, type SdkResults, sumTable, writeBetween } from './fetch-cases/case-tables.ts';
import { geminiCases } from './fetch-cases/gemini-cases.ts';
import { geminiPieces, serveGemini } from './fetch-cases/gemini-server.ts';
import { type CaseResult, fetchOfCases, measureCases } from './fetch-cases/measure-cases.ts';
import { serveModelCase } from './fetch-cases/model-case-server.ts';
import { modelCases } from './fetch-cases/model-cases.ts';
import { runAiSdk, runAnthropic, runGenai, runOpenAi } from './fetch-cases/sdk-runners.ts';

type Fetch = typeof fetch | undefined;

interface SdkRow {
  readonly sdk: string;
  readonly cases: number;
  readonly leastGood: number;
  readonly mostBad: number;
  readonly measure: (fetch: Fetch) => Promise<readonly CaseResult[]>;
}

const answer = await geminiPieces();
const onGemini = (run: typeof runGenai) => (fetch: Fetch) =>
  measureCases(geminiCases, serveGemini, run, { fetch, pieces: answer });
const onModel = (wire: typeof openAiWire, run: typeof runGenai) => (fetch: Fetch) =>
  measureCases(modelCases(wire), serveModelCase, run, { fetch, pieces: modelPieces });

const rows: readonly SdkRow[] = [
  { sdk: '`@google/genai` 3.1', cases: 100, leastGood: 99, mostBad: 0, measure: onGemini(runGenai) },
  // Two candidates become one text in this SDK: no fetch can tell.
  { sdk: '`ai` 7, `@ai-sdk/google` 4', cases: 100, leastGood: 97, mostBad: 1, measure: onGemini(runAiSdk) },
  { sdk: '`openai` 7', cases: 66, leastGood: 66, mostBad: 0, measure: onModel(openAiWire, runOpenAi) },
  { sdk: '`@anthropic-ai/sdk` 1', cases: 66, leastGood: 66, mostBad: 0, measure: onModel(anthropicWire, runAnthropic) },
];

const measured: SdkResults[] = [];

// How the SDKs do alone is no matter of ours: it is for the tables. `SDKS_ALONE=1` measures it in CI too.
const { CI, SDKS_ALONE } = process.env;
const comparesAlone = CI === undefined || SDKS_ALONE !== undefined;

const marksOf = (results: readonly CaseResult[]): Marks => ({
  good: countOf(results, 'good'),
  weak: countOf(results, 'weak'),
  bad: countOf(results, 'bad'),
});

// The cases wait for time limits of seconds, twelve at a time. One SDK after the other: one that parses 8 MB in seconds
// would hold up the time limits of the rest.
describe('an SDK over our fetch', { timeout: 0 }, () => {
  it.for(rows)(
    '$sdk has at least $leastGood good cases of $cases, and at most $mostBad bad ones',
    async (row, { task }) => {
      const over = await row.measure(fetchOfCases());
      countCases(task, over.length);
      const wrong = over
        .filter(({ mark }) => mark !== 'good')
        .map(({ name, mark, reason }) => `${mark}: ${name}, ${reason}`);
      expect(over).toHaveLength(row.cases);
      // The names of the cases are the message.
      const isReached = countOf(over, 'good') >= row.leastGood && countOf(over, 'bad') <= row.mostBad;
      expect(isReached ? [] : wrong).toEqual([]);
      if (!comparesAlone) return;
      const alone = await row.measure(undefined);
      countCases(task, alone.length);
      noteMarks(task, { sdk: row.sdk, alone: marksOf(alone), over: marksOf(over) });
      expect(countOf(over, 'good')).toBeGreaterThan(countOf(alone, 'good'));
      measured.push({ sdk: row.sdk, alone, over });
    },
  );

  afterAll(() => {
    // A run of CI reads the page and does not change it.
    if (measured.length < rows.length || CI !== undefined) return;
    const page = join(root, 'docs/your-sdk-over-our-fetch.md');
    const tables = {
      sums: sumTable(measured),
      gemini: caseTable(measured.slice(0, 2)),
      models: caseTable(measured.slice(2)),
    };
    writeBetween(page, tables);
    execFileSync(join(root, 'node_modules/.bin/oxfmt'), [page]);
  });
});
