import { checkNames } from '@gemini/stream-manager';

/** @throws TypeError for an unknown option, with a suggestion */
export function checkOptions(name: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${name}: expected an object of options, got ${options === null ? 'null' : typeof options}`);
  }
  checkNames(name, options, names);
}
