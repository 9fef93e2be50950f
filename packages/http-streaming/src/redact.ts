const credentialHeader = /^(?:authorization|proxy-authorization|cookie|set-cookie|.*(?:key|token|secret).*)$/;

/** What is known of the request whose credentials are to be hidden. */
export interface CredentialSource {
  readonly headers: Readonly<Record<string, string>>;
  readonly origin: string;
  readonly path: string;
}

/** Blots out every credential of the request in a text that a server sent back. */
export function redactCredentials(text: string, source: CredentialSource): string {
  let redacted = text;
  for (const secret of credentialsOf(source)) redacted = redacted.replaceAll(secret, '[redacted]');
  return redacted;
}

/** The same for the end of a text whose beginning is not there: it may begin inside a credential. */
export function redactCutCredentials(text: string, source: CredentialSource): string {
  for (const secret of credentialsOf(source)) {
    // Three characters give nothing away, and are there by chance.
    for (let length = secret.length - 1; length > 3; length -= 1) {
      if (!text.startsWith(secret.slice(-length))) continue;
      return `[redacted]${redactCredentials(text.slice(length), source)}`;
    }
  }
  return redactCredentials(text, source);
}

/** The headers of a response that may be shown: all but cookies and what looks like a credential. */
export function showableHeaders(
  headers: Readonly<Record<string, string>>,
  source: CredentialSource,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !credentialHeader.test(name))
      .map(([name, value]) => [name, redactCredentials(value, source)]),
  );
}

function credentialsOf({ headers, origin, path }: CredentialSource): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!credentialHeader.test(name)) continue;
    // `Bearer abc`: a server may repeat the token alone.
    secrets.push(value, ...value.split(/\s+/));
  }
  for (const pair of new URL(origin + path).search.slice(1).split('&')) {
    for (const [name, value] of new URLSearchParams(pair)) {
      if (!credentialHeader.test(name.toLowerCase())) continue;
      // As it was sent, as it was meant, and as another encoder writes it.
      secrets.push(pair.slice(pair.indexOf('=') + 1), value, encodeURIComponent(value));
    }
  }
  // Shorter ones are words, and blotting them out would only garble the text. Longest first, or a part hides the whole.
  return secrets.filter((secret) => secret.length >= 8).toSorted((left, right) => right.length - left.length);
}
