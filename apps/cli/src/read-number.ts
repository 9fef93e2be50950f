import { UsageError } from './usage-error.ts';

/** What a number may be. */
export interface NumberRule {
  readonly least: number;
  /** @defaultValue none */
  readonly most?: number;
  /** @defaultValue false */
  readonly whole?: true;
}

/**
 * The number that an option was given.
 * @throws UsageError that tells what was expected and what was got
 */
export function readNumber(
  name: string,
  text: string | undefined,
  { least, most = Infinity, whole }: NumberRule,
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const fits = Number.isFinite(value) && value >= least && value <= most && (whole !== true || Number.isInteger(value));
  if (fits) return value;
  const kind = whole === true ? 'a whole number' : 'a number';
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`--${name}: expected ${kind} ${range}, got ${JSON.stringify(text)}`);
}
