import { proxyRequest } from '../cassette/proxy.ts';
import type { Reply } from '../wire/reply.ts';
import type { Arrival } from './arrival.ts';
import type { EmulatorContext } from './emulator-context.ts';
import { redactTarget } from './redact.ts';

/** The reply of a cassette or of the server that is recorded; `undefined` where the emulator answers itself. */
export function answerElsewhere(
  { request, target, signal }: Arrival,
  body: Uint8Array,
  { player, recorder, options }: EmulatorContext,
): Promise<Reply> | Reply | undefined {
  const method = request.method ?? 'GET';
  const path = target.replaceAll(/\/__(?:scenario|seed)\/[^/]+/gu, '');
  if (player !== undefined) return player.play(method, redactTarget(path), body);
  if (recorder === undefined || options.record === undefined) return undefined;
  const proxied = { method, path, headers: request.headers, body, signal };
  return proxyRequest(options.record.target, proxied, recorder);
}
