import type { IncomingHttpHeaders } from 'node:http';

/** What lets a page of any origin call the API, as the API's own servers do. Not sent for the emulator's own paths. */
export function corsHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (headers.origin === undefined) return {};
  return {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'x-emulator-request, x-emulator-seed, retry-after',
    vary: 'Origin, X-Origin, Referer',
  };
}

/** The headers that answer a preflight request. */
export function preflightHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT',
    'access-control-allow-headers': headers['access-control-request-headers']?.toString() ?? '*',
    'access-control-max-age': '3600',
    'content-length': '0',
  };
}
