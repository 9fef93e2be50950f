import type { IncomingHttpHeaders } from 'node:http';
import { GoogleError } from '../wire/google-error.ts';

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
