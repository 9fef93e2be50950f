import type { IncomingHttpHeaders } from 'node:http';
import { GoogleError } from '../wire/google-error.ts';

const loopbackName = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu;

/**
 * True when a `Host` names this machine's loopback. A web page whose own name was made to resolve to 127.0.0.1 sends
 * that name, and is so told apart (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackName.test(host);
}

/** True for an address to listen on that only this machine can reach. */
export function isLoopbackAddress(address: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/iu.test(address);
}

/** Which API keys the emulator lets in. */
export interface ApiKeyOptions {
  /** Only these are good. @defaultValue any key */
  readonly accepted?: readonly string[] | undefined;
  /** These are refused as the API refuses a wrong key. @defaultValue ['bad-key'] */
  readonly refused?: readonly string[] | undefined;
  /** Refuse a request without any key or token. @defaultValue false */
  readonly required?: boolean | undefined;
}

/** Throws the API's own error for a key that is not good, or that is missing where one is required. */
export function checkCredentials(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  options: ApiKeyOptions = {},
): void {
  const key = headers['x-goog-api-key']?.toString() ?? query.get('key') ?? undefined;
  const token = headers['authorization'] ?? query.get('access_token') ?? undefined;
  if (key === undefined && token === undefined) {
    if (options.required === true) throw unregisteredCaller();
    return;
  }
  if (key === undefined) return;
  const isRefused = (options.refused ?? ['bad-key']).includes(key);
  if (key === '' || isRefused || options.accepted?.includes(key) === false) throw invalidKey();
}

function invalidKey(): GoogleError {
  const message = 'API key not valid. Please pass a valid API key.';
  return new GoogleError('INVALID_ARGUMENT', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
  ]);
}

function unregisteredCaller(): GoogleError {
  return new GoogleError(
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  );
}

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
