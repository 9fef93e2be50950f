type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const redacted = '[redacted]';
const credentialHeaders = new Set([
  'x-goog-api-key',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-goog-iam-authorization-token',
]);
const credentialParameters = new Set(['key', 'access_token', 'oauth_token', 'api_key']);

/** The headers with every credential replaced, repeated values joined by a comma. */
export function redactHeaders(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      // HTTP/2 has its pseudo-headers here too.
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, value]) => [name, credentialHeaders.has(name) ? redacted : [value].flat().join(', ')]),
  );
}

/** The credentials that a request carries, to be looked for elsewhere. */
export function secretsOf(headers: Headers, target: string): readonly string[] {
  const fromHeaders = [...credentialHeaders].flatMap((name) => headers[name] ?? []);
  // The scheme before a token is no secret.
  const tokens = fromHeaders.map((value) => value.replace(/^(?:Bearer|Basic)\s+/iu, ''));
  const query = new URLSearchParams(splitOnce(target, '?')[1] ?? '');
  return [...tokens, ...[...credentialParameters].flatMap((name) => query.getAll(name))];
}

/** A request target with every credential of its query replaced. */
export function redactTarget(target: string): string {
  const [path, query] = splitOnce(target, '?');
  if (query === undefined) return path;
  const pairs = query.split('&').map((pair) => {
    const [name] = splitOnce(pair, '=');
    return credentialParameters.has(decodeName(name)) ? `${name}=${redacted}` : pair;
  });
  return `${path}?${pairs.join('&')}`;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
