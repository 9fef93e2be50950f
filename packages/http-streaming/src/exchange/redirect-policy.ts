/** A response that may ask to go elsewhere. */
export interface RedirectQuestion {
  readonly status: number;
  readonly location: string | undefined;
  readonly url: URL;
  readonly method: string;
  /** How many were followed before this one. */
  readonly followed: number;
  readonly maxRedirects: number;
}

/** `none`: the response is no redirect. `follow`: with this method, and with the body unless the method is GET. */
export type RedirectAnswer =
  | { readonly type: 'none' }
  | { readonly type: 'follow'; readonly url: URL; readonly method: string }
  | {
      readonly type: 'refuse';
      readonly code: 'cross-origin-redirect' | 'too-many-redirects' | 'bad-status';
      readonly message: string;
    };

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Follows within the origin only: key and prompt would go along. Method and body are kept, also on 301 and 302, where
 * browsers make a GET of a POST; a 303 asks for exactly that, so after anything but GET and HEAD it is refused. Pure.
 */
export function decideRedirect(question: RedirectQuestion): RedirectAnswer {
  const { status, location, method, followed, maxRedirects } = question;
  if (!redirects.has(status) || location === undefined || !URL.canParse(location, question.url.href)) {
    return { type: 'none' };
  }
  const url = new URL(location, question.url);
  if (url.origin !== question.url.origin) {
    const message = `expected a redirect within ${question.url.origin}, got ${status} to ${url.origin}`;
    return { type: 'refuse', code: 'cross-origin-redirect', message };
  }
  if (status === 303 && method !== 'GET' && method !== 'HEAD') {
    return {
      type: 'refuse',
      code: 'bad-status',
      message: `the server answered 303, which would make a GET of a ${method}`,
    };
  }
  if (followed >= maxRedirects) {
    const message = `expected at most ${maxRedirects} redirects, got another ${status}`;
    return { type: 'refuse', code: 'too-many-redirects', message };
  }
  url.username = '';
  url.password = '';
  return { type: 'follow', url, method };
}
