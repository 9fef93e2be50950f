import type { IncomingHttpHeaders } from 'node:http';
import { GoogleError } from '../wire/google-error.ts';

const loopbackName = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu;

/**
 * Returns whether a `Host` header is a loopback name. A web page that uses DNS rebinding sends its own host name instead,
 * although that name resolves to 127.0.0.1.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackName.test(host);
}

/** Returns whether only this machine can reach a listening address. */
export function isLoopbackAddress(address: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/iu.test(address);
}

/** The API keys that the emulator accepts. */
export interface ApiKeyOptions {
  /** The only accepted keys. @defaultValue any key */
  readonly accepted?: readonly string[] | undefined;
  /** Keys that get the API's error for an invalid key. @defaultValue ['bad-key'] */
  readonly refused?: readonly string[] | undefined;
  /** Refuses requests without a key or token. @defaultValue false */
  readonly required?: boolean | undefined;
}

/**
 * Checks the API key of a request.
 * @throws GoogleError for an invalid key, or for a missing key if one is required
 */
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

/** Returns headers that let pages of any origin call the API, as the API itself sends them. */
export function corsHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (headers.origin === undefined) return {};
  return {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'x-emulator-request, x-emulator-seed, retry-after',
    vary: 'Origin, X-Origin, Referer',
  };
}

/** Returns the headers that answer a preflight request. */
export function preflightHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT',
    'access-control-allow-headers': headers['access-control-request-headers']?.toString() ?? '*',
    'access-control-max-age': '3600',
    'content-length': '0',
  };
}
