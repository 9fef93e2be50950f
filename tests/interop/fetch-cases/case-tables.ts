import { readFileSync, writeFileSync } from 'node:fs';
import type { CaseResult } from './measure-cases.ts';
import type { Judgement } from './sdk-case.ts';

/** The results of one SDK: alone, and over our fetch. */
export interface SdkResults {
  readonly sdk: string;
  readonly alone: readonly CaseResult[];
  readonly over: readonly CaseResult[];
}

/** Returns the number of results with a mark. */
export function countOf(results: readonly CaseResult[], mark: Judgement['mark']): number {
  return results.filter((each) => each.mark === mark).length;
}

/** Returns the table of the sums. */
export function sumTable(list: readonly SdkResults[]): string {
  const sums = (results: readonly CaseResult[]): string =>
    (['good', 'weak', 'bad'] as const).map((mark) => countOf(results, mark)).join(' / ');
  const rows = list.map(({ sdk, alone, over }) => [sdk, `${alone.length}`, sums(alone), sums(over)]);
  return table(['SDK', 'cases', 'alone: good / weak / bad', 'over `@gemini/fetch`'], rows);
}

/** Returns the table of the cases that are not good for one of the SDKs, which all read the same cases. */
export function caseTable(list: readonly SdkResults[]): string {
  const names = (list[0]?.alone ?? []).map(({ name }) => name);
  const rows = names
    .map((name, index) => [name, ...list.flatMap(({ alone, over }) => [cell(alone[index]), cell(over[index])])])
    .filter((row) => row.slice(1).some((each) => /^(?:weak|bad|\*\*)/.test(each)));
  const heads = list.flatMap(({ sdk }) => [`${sdk} alone`, 'over our fetch']);
  return table(['the server, or the caller', ...heads], rows);
}

function cell(result: CaseResult | undefined): string {
  if (result === undefined || result.mark === 'good') return 'good';
  return `${result.mark === 'bad' ? '**bad**' : 'weak'}: ${result.reason}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows];
  return all.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page. */
export function writeBetween(page: string, parts: Readonly<Record<string, string>>): void {
  let text = readFileSync(page, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from === -1 || to === -1) throw new Error(`${page}: expected ${start} and ${end}`);
    text = `${text.slice(0, from + start.length)}\n\n${part}\n\n${text.slice(to)}`;
  }
  writeFileSync(page, text);
}
