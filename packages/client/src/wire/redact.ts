const redacted = '[redacted]';

/** The longest reason of an authentication library that is passed on, in characters. */
const maxReasonLength = 300;

/** A shorter key is a word, such as the `test` of a local server, and would garble the text. */
const minKeyLength = 8;

/** Replaces a key in a text: servers repeat it in their errors. */
export function redactKey(text: string, key: string | undefined): string {
  return key === undefined || key.length < minKeyLength ? text : text.replaceAll(key, redacted);
}

/** Replaces a key in all texts of a list. Returns the same list if the key is not in it. */
export function redactKeyIn(values: unknown[], key: string | undefined): unknown[] {
  const json = JSON.stringify(values);
  const clean = redactKey(json, key);
  return clean === json ? values : (JSON.parse(clean) as unknown[]);
}

/** Replaces everything that may be a token: a server may repeat a token or an assertion in its refusal. */
export function redactTokens(reason: string): string {
  return reason.slice(0, maxReasonLength).replaceAll(/[\w+=.-]{40,}/g, redacted);
}
