/** The part of a test of vitest that is needed here. */
interface CountedTest {
  readonly meta: object;
}

/** Notes that a test has checked so many cases: `pnpm proof` adds them up, from vitest's report as JSON. */
export function countCases({ meta }: CountedTest, count: number): void {
  const counted = meta as { cases?: number };
  counted.cases = (counted.cases ?? 0) + count;
}

/** The marks of one SDK over all cases. */
export interface Marks {
  readonly good: number;
  readonly weak: number;
  readonly bad: number;
}

/** The marks of one SDK, alone and over our fetch. */
export interface SdkMarks {
  readonly sdk: string;
  readonly alone: Marks;
  readonly over: Marks;
}

/** Notes the marks of an SDK, for the picture of the page of proof. */
export function noteMarks({ meta }: CountedTest, marks: SdkMarks): void {
  Object.assign(meta, { marks });
}
