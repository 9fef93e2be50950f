import type { ChosenTests } from './count-tests.ts';

/** A part of the proof that consists of tests. */
export interface TestSection {
  readonly claim: string;
  /** A case, in the plural. */
  readonly unit: string;
  /** The file with the tests, from the root. */
  readonly link: string;
  readonly tests: ChosenTests;
  /** The parts that are left out, and why. */
  readonly without?: string | undefined;
  /** A program that must be installed. */
  readonly needs?: string | undefined;
}

const withoutRecordings =
  process.env['GEMINI_RECORDINGS'] === undefined
    ? 'only the recordings of this repository: `GEMINI_RECORDINGS` names no folder with more'
    : undefined;
const withoutWpt =
  process.env['GEMINI_WPT_EVENTSOURCE'] === undefined
    ? "only our own cases: `GEMINI_WPT_EVENTSOURCE` names no file with those of the web platform's tests"
    : undefined;

/** All parts that consist of tests, in the order of the page. */
export const testSections: readonly TestSection[] = [
  {
    claim: 'The parser gives what browsers give, for every cut of the web platform tests',
    unit: 'cuts',
    link: 'packages/sse-parser/test/event-stream-cases.test.ts',
    tests: { project: 'sse-parser', file: 'event-stream-cases' },
    without: withoutWpt,
  },
  {
    claim: 'Recorded Gemini streams give their text through every layer, whole, byte by byte and in blocks',
    unit: 'streams',
    link: 'tests/recordings.test.ts',
    tests: { project: 'tests', file: 'tests/recordings.test', environment: { EVERY_CASE: '1' } },
    without: withoutRecordings,
  },
  {
    claim: 'A cut answer is complete only at a border after its finish reason',
    unit: 'cuts',
    link: 'packages/client/test/cut-answers.test.ts',
    tests: { project: 'client', file: 'cut-answers', environment: { EVERY_CASE: '1' } },
    without: withoutRecordings,
  },
  {
    claim: 'An interaction is delivered once, wherever its connection is lost',
    unit: 'lost connections',
    link: 'packages/client/test/interaction-sweep.test.ts',
    tests: { project: 'client', file: 'interaction-sweep', environment: { EVERY_CASE: '1' } },
    without: withoutRecordings,
  },
  {
    claim: "Every chunk of a message fits the AI SDK's own schema",
    unit: 'chunks',
    link: 'packages/ai-sdk/test/ui-message-stream.test.ts',
    tests: { project: 'ai-sdk', file: 'ui-message-stream' },
  },
  {
    claim: 'Four SDKs end well on hostile servers over our fetch',
    unit: 'answers, with and without it',
    link: 'tests/interop/fetch-sdks.interop.test.ts',
    tests: { file: 'fetch-sdks', environment: { SDKS_ALONE: '1' } },
  },
  {
    claim: 'The examples of the documentation compile with TypeScript 5.9 and 7, with and without the DOM',
    unit: 'projects',
    link: 'tests/examples-types.test.ts',
    tests: { project: 'tests', file: 'examples-types', environment: { EVERY_CASE: '1' } },
  },
  {
    claim: 'The examples of the documentation print the same on Bun and Deno as on Node',
    unit: 'programs',
    link: 'tests/interop/runtimes.interop.test.ts',
    tests: { file: 'runtimes.interop', environment: { EVERY_CASE: '1' } },
    without: 'programs that lose bytes before a reset on Deno, and a React hook; the test lists them',
  },
  {
    claim: 'Chromium follows a stream through 20 lost connections, without a gap or a repetition',
    unit: 'streams',
    link: 'tests/interop/browser-follow.interop.test.ts',
    tests: { file: 'browser-follow', name: 'many streams', environment: { BROWSER_CUTS: '20', BROWSER_RUNS: '1000' } },
    needs: 'chromium',
  },
  {
    claim: 'So does useChat of the AI SDK',
    unit: 'answers',
    link: 'tests/interop/use-chat.interop.test.ts',
    tests: { file: 'use-chat', name: 'many answers', environment: { BROWSER_CUTS: '20', BROWSER_RUNS: '1000' } },
    needs: 'chromium',
  },
  {
    claim: 'Over Redis every reader gets each event once, and every stream its end, whatever fails',
    unit: 'seeds',
    link: 'tests/interop/redis-chaos.interop.test.ts',
    tests: { file: 'redis-chaos', environment: { REDIS_CHAOS_RUNS: '200' } },
    needs: 'redis-server',
  },
  {
    claim: 'Another process continues the answers of one that is killed',
    unit: 'streams',
    link: 'tests/interop/redis-takeover.interop.test.ts',
    tests: { file: 'redis-takeover', environment: { TAKEOVER_RUNS: '10' } },
    needs: 'redis-server',
  },
];
