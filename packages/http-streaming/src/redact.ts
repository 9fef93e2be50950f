/** The names of headers and query parameters that hold a credential. The emulator has the same rule. */
export const credentialName = /^(?:authorization|proxy-authorization|cookie|set-cookie|.*(?:key|token|secret).*)$/;

/** The request whose credentials are hidden. */
export interface CredentialSource {
  readonly headers: Readonly<Record<string, string>>;
  readonly origin: string;
  readonly path: string;
}

/** Redacts every credential of the request in a text that a server sent back. */
export function redactCredentials(text: string, source: CredentialSource): string {
  return redact(text, credentialsOf(source));
}

/** Does the same for a piece of a longer text, which may begin and end inside a credential. */
export function redactPiece(text: string, source: CredentialSource): string {
  const secrets = credentialsOf(source);
  const start = longestOverlap(secrets, (secret, length) => text.startsWith(secret.slice(-length)));
  const rest = redact(text.slice(start), secrets);
  const end = longestOverlap(secrets, (secret, length) => rest.endsWith(secret.slice(0, length)));
  return (start > 0 ? mark : '') + rest.slice(0, rest.length - end) + (end > 0 ? mark : '');
}

/** Redacts the headers of a response, and leaves out cookies and all that look like a credential. */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  source: CredentialSource,
): Record<string, string> {
  const secrets = credentialsOf(source);
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !credentialName.test(name))
      .map(([name, value]) => [redact(name, secrets), redact(value, secrets)]),
  );
}

const mark = '[redacted]';

// In any case of letters: a host name and a header name come in lower case.
function redact(text: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return text;
  const patterns = secrets.map((secret) => secret.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return text.replaceAll(new RegExp(patterns.join('|'), 'gi'), mark);
}

/** Returns the most characters of the end, or of the beginning, of a secret that a text has at its own. */
function longestOverlap(secrets: readonly string[], isThere: (secret: string, length: number) => boolean): number {
  let longest = 0;
  for (const secret of secrets) {
    // Three characters give nothing away, and are there by chance.
    for (let length = secret.length - 1; length > Math.max(3, longest); length -= 1) {
      if (isThere(secret, length)) longest = length;
    }
  }
  return longest;
}

function credentialsOf({ headers, origin, path }: CredentialSource): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!credentialName.test(name)) continue;
    // `Bearer abc`: a server may repeat the token alone.
    secrets.push(value, ...value.split(/\s+/));
  }
  for (const pair of new URL(origin + path).search.slice(1).split('&')) {
    for (const [name, value] of new URLSearchParams(pair)) {
      if (!credentialName.test(name.toLowerCase())) continue;
      // As it was sent, as it was meant, and as another encoder writes it.
      secrets.push(pair.slice(pair.indexOf('=') + 1), value, encodeURIComponent(value));
    }
  }
  // Shorter ones are words, and redacting them would only garble the text. Longest first, or a part hides the whole.
  return secrets.filter((secret) => secret.length >= 8).toSorted((left, right) => right.length - left.length);
}
