import { resolveOptions } from './options.ts';
import { readStreamCall } from './stream-call.ts';
import { StreamedCall } from './streamed-call.ts';
import type { StreamingFetchOptions } from './types.ts';

/**
 * Creates a `fetch` for an SDK. A call that asks for a stream is sent through the transport, and its body ends only if the
 * answer does: else it fails, after all that came was handed on. Every other call goes to the host's fetch, with the very
 * same arguments.
 * @throws TypeError for an unknown option or an invalid value
 * @throws Error in a runtime other than Node, Bun and Deno
 */
export function createStreamingFetch(options: StreamingFetchOptions = {}): typeof fetch {
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    throw new Error('@gemini/fetch: expected Node, Bun or Deno, which have sockets; pass no fetch to the SDK here');
  }
  const resolved = resolveOptions(options);
  return async function streamingFetch(...parameters: Parameters<typeof fetch>): Promise<Response> {
    const call = await readStreamCall(...parameters);
    if (call === undefined) return (resolved.fetch ?? globalThis.fetch)(...parameters);
    return new StreamedCall(call, resolved).open();
  };
}
