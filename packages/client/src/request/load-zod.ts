import { createRequire } from 'node:module';
import type * as mini from 'zod/mini';

type Mini = typeof mini;

let loaded: Mini | undefined;

/**
 * The schema library, loaded when something is wrong and its words are needed: loading it takes 40 ms, which a good
 * request must not wait for.
 */
export function loadZod(): Mini {
  loaded ??= createRequire(import.meta.url)('zod/mini') as Mini;
  return loaded;
}
