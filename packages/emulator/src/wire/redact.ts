type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const redacted = '[redacted]';

/** The names of headers and query parameters that hold a credential. The transport has the same rule. */
export const credentialName = /^(?:authorization|proxy-authorization|cookie|set-cookie|.*(?:key|token|secret).*)$/;

/** The shortest credential that is searched for. A shorter one would match unrelated text. */
const minSecretLength = 6;

/** Returns whether a header contains a credential. Expects its name in lower case. */
export function isCredentialHeader(name: string): boolean {
  return credentialName.test(name);
}

/** Returns the headers with every credential replaced, and repeated values joined by a comma. */
export function redactHeaders(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      // HTTP/2 includes its pseudo-headers.
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, value]) => [name, isCredentialHeader(name) ? redacted : [value].flat().join(', ')]),
  );
}

/** Returns a request target with every credential of its query replaced. */
export function redactTarget(target: string): string {
  const [path, query] = splitOnce(target, '?');
  if (query === undefined) return path;
  const pairs = query.split('&').map((pair) => {
    const [name] = splitOnce(pair, '=');
    return credentialName.test(decodeName(name)) ? `${name}=${redacted}` : pair;
  });
  return `${path}?${pairs.join('&')}`;
}

/** Returns the credentials of a request that are long enough to search for in other texts. */
export function secretsOf(headers: Headers, target: string): readonly string[] {
  const values = Object.entries(headers).flatMap(([name, value]) => (credentialName.test(name) ? (value ?? []) : []));
  // The authentication scheme before a token is not secret.
  const tokens = values.map((value) => value.replace(/^(?:Bearer|Basic)\s+/iu, ''));
  const query = new URLSearchParams(splitOnce(target, '?')[1] ?? '');
  const parameters = [...query].flatMap(([name, value]) => (credentialName.test(name.toLowerCase()) ? value : []));
  return [...tokens, ...parameters].filter((secret) => secret.length >= minSecretLength);
}

/** Returns the text with each secret replaced by asterisks of the same length. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '*'.repeat(secret.length)), text);
}

/** Returns the bytes with each secret replaced by asterisks of the same length. */
export function redactBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  const result = Buffer.from(bytes);
  for (const secret of secrets) {
    const sought = Buffer.from(secret, 'utf8');
    for (let at = result.indexOf(sought); at !== -1; at = result.indexOf(sought, at + sought.length))
      result.fill('*', at, at + sought.length);
  }
  return result;
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
