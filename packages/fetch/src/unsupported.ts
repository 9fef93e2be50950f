import type { StreamingFetchOptions } from './types.ts';

/**
 * Stands in for the package in a browser or a worker, where there is no socket to read.
 * @throws Error always
 */
export function createStreamingFetch(_options?: StreamingFetchOptions): typeof fetch {
  throw new Error('@gemini/fetch: expected Node, Bun or Deno, which have sockets; pass no fetch to the SDK here');
}
