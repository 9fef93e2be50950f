import { wordsOf } from '../fetch-cases/sdk-case.ts';
import type { SdkRunner } from '../fetch-cases/sdk-runners.ts';

/** All that a reader of one answer learned. */
export interface Reading {
  readonly text: string;
  /** Finish and block reasons, and the like. */
  readonly signs: readonly string[];
  readonly error: unknown;
}

/** Reads an answer to its end. */
export async function readAnswer(run: SdkRunner, baseUrl: string): Promise<Reading> {
  const signs: string[] = [];
  let text = '';
  let error: unknown;
  const onText = (piece: string): boolean => {
    text += piece;
    return true;
  };
  const target = { baseUrl, fetch: undefined, signal: new AbortController().signal };
  await run({ ...target, onText, onSign: (sign) => void signs.push(sign) }).catch((thrown: unknown) => {
    error = thrown;
  });
  return { text, signs, error };
}

/** Leaves the loop after the first text. */
export async function leaveAnswer(run: SdkRunner, baseUrl: string): Promise<void> {
  const target = { baseUrl, fetch: undefined, signal: new AbortController().signal };
  await run({ ...target, onText: (text) => text === '', onSign: () => {} });
}

/** Says how a reader of a cut answer learns that it was cut. */
export function alarm({ error, signs }: Reading): string {
  if (error !== undefined) return 'an error';
  return signs.includes('interrupted') ? 'a finish reason' : '**no sign**';
}

/** Says where a reader finds the status of an error. */
export function statusPlace({ error }: Reading, status: number): string {
  if (error === undefined) return '**no error**';
  const { status: own, statusCode, code } = error as Record<string, unknown>;
  if ([own, statusCode, code].includes(status)) return 'a field';
  return wordsOf(error).includes(String(status)) ? 'the words only' : '**nothing**';
}

/** Says whether a refused request was sent again. */
export function secondTry({ error }: Reading): string {
  return error === undefined ? 'asks again' : 'fails';
}
