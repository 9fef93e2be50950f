import type { IncomingMessage } from 'node:http';

/**
 * Whether a request comes from another page, or under another name than loopback: this server has the user's key, so that no
 * other page may use it.
 */
export function isForeign({ headers }: IncomingMessage): boolean {
  const { host = '', origin } = headers;
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)) return true;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

/** Returns the body as text; `undefined` if it is longer than `maxLength` characters. */
export async function readText(request: IncomingMessage, maxLength: number): Promise<string | undefined> {
  request.setEncoding('utf8');
  let text = '';
  for await (const piece of request as AsyncIterable<string>) {
    text += piece;
    if (text.length > maxLength) return undefined;
  }
  return text;
}
