/** One thing that a server does to a stream, and the right outcome for the caller of an SDK. */
export interface SdkCase<Server> {
  readonly name: string;
  readonly server: Server;
  readonly expected: Expectation;
  /** Longer than any wait of ours (3 s, and an SDK's own attempts): past it, the SDK hangs. @defaultValue 10 000 */
  readonly hangMs?: number | undefined;
}

/**
 * The right outcome for the caller. `whole`: the whole text, and perhaps a `sign` beside it, such as a finish reason. `error`:
 * the text of the first `events` events, and then an error of this `status` or whose words match. `left`: the caller leaves
 * the loop after its first text, or aborts. `orWhole`: the SDK may also have asked again, but not before `waitMs`.
 */
export type Expectation =
  | { readonly type: 'whole'; readonly sign?: RegExp | undefined; readonly text?: RegExp | undefined }
  | {
      readonly type: 'error';
      readonly events: number;
      readonly status?: number | undefined;
      readonly words?: RegExp | undefined;
      readonly orWhole?: boolean | undefined;
      readonly waitMs?: number | undefined;
      /** A path that may not be asked for: a redirect that takes prompt and key to another origin. */
      readonly forbidden?: RegExp | undefined;
    }
  | { readonly type: 'left'; readonly how: 'break' | 'abort' };

/** All that the caller of an SDK learned. */
export interface Outcome {
  readonly text: string;
  /** Finish and block reasons. */
  readonly signs: readonly string[];
  readonly error: unknown;
  /** The error repeats the key. */
  readonly hasKey: boolean;
  readonly isHung: boolean;
  /** The paths that the server was asked for, and when, in epoch milliseconds. */
  readonly requests: readonly { readonly path: string; readonly atMs: number }[];
  /** How long after the caller left the server saw it, in milliseconds. */
  readonly closedAfterMs?: number | undefined;
}

/** The texts that a whole answer consists of, one for each event. */
export type Pieces = readonly string[];

/** `good`, `weak` or `bad`, with the reason. */
export interface Judgement {
  readonly mark: 'good' | 'weak' | 'bad';
  readonly reason: string;
}

/** The longest that a server may see a caller who has left. */
const leavingMs = 1_000;

/**
 * Judges an outcome. Good: the caller has all text that came, and knows how it ended. Weak: the caller knows that something
 * is wrong, but not what, or has lost text that came; or asked again too early; or the server learned late that the caller
 * left. Bad: an answer that is cut or wrong looks whole, a whole one fails, the loop never ends, the connection stays
 * open, the request goes to another origin, or the error repeats the key.
 */
export function judge(outcome: Outcome, expected: Expectation, pieces: Pieces): Judgement {
  const { text, signs, error, hasKey, isHung, requests, closedAfterMs } = outcome;
  if (expected.type === 'left') {
    if (closedAfterMs === undefined) return bad('the connection stays open');
    return closedAfterMs <= leavingMs ? good : weak('the server learns late that the caller has left');
  }
  if (hasKey) return bad('the error repeats the key');
  if (isHung) return bad('no end in time');
  const whole = pieces.join('');
  if (expected.type === 'whole') {
    const isWhole = expected.text === undefined ? text === whole : expected.text.test(text);
    if (error !== undefined) return isWhole ? weak('a whole answer ends with an error') : bad('a valid answer fails');
    if (!isWhole) return bad('the text is wrong, without an error');
    const { sign } = expected;
    return sign === undefined || signs.some((each) => sign.test(each)) ? good : bad('the end looks like any other');
  }
  const { events, status, words, orWhole, waitMs = 0, forbidden } = expected;
  if (forbidden !== undefined && requests.some(({ path }) => forbidden.test(path))) {
    return bad('the request goes to another origin');
  }
  if (requests.slice(1).some(({ atMs }, index) => atMs - (requests[index]?.atMs ?? 0) < waitMs)) {
    return weak('the SDK asks again before the time that the server named');
  }
  if (error === undefined && orWhole === true && text === whole) return good;
  // The AI SDK has a finish reason for a stream that ended without one.
  if (error === undefined && signs.includes('interrupted')) return weak('only the finish reason says that it was cut');
  if (error === undefined) return bad('no error');
  if (!text.startsWith(pieces.slice(0, events).join(''))) return weak('text that came is lost');
  if (status !== undefined && statusOf(error) !== status) return weak(`the error does not have status ${status}`);
  if (words !== undefined && !words.test(wordsOf(error))) return weak('the error does not say what happened');
  return good;
}

const good: Judgement = { mark: 'good', reason: '' };
const weak = (reason: string): Judgement => ({ mark: 'weak', reason });
const bad = (reason: string): Judgement => ({ mark: 'bad', reason });

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The HTTP status in an error of any of the SDKs, where its documentation says that it is. */
function statusOf(error: unknown): unknown {
  const { status, statusCode, code, lastError, error: body } = fieldsOf(error);
  const own = status ?? statusCode ?? (typeof code === 'number' ? code : undefined);
  if (own !== undefined || lastError === undefined) return own ?? fieldsOf(body)['code'];
  return statusOf(lastError);
}

/** All that an error says, with its causes. */
export function wordsOf(error: unknown, depth = 0): string {
  if (depth > 5 || error === undefined || error === null) return '';
  if (typeof error !== 'object') return JSON.stringify(error);
  const { name, code, message, cause, lastError, errors } = fieldsOf(error);
  const own = [name, code, message].filter((each) => typeof each === 'string').join(' ');
  const body = error instanceof Error ? '' : JSON.stringify(error);
  const others = Array.isArray(errors) ? (errors as unknown[]) : [];
  return [own, body, ...[cause, lastError, ...others].map((each) => wordsOf(each, depth + 1))].join(' ');
}
