import type { FollowOptions, FollowRequest, ReconnectOptions } from './types.ts';

/** The waits, each with a value. */
export type ReconnectPolicy = { readonly [Name in keyof ReconnectOptions]-?: number };

/** The default options. */
export const defaultFollowOptions = {
  reconnect: {
    maxAttempts: 8,
    baseDelayMs: 250,
    maxDelayMs: 5_000,
    maxRetryAfterMs: 60_000,
    maxOfflineMs: 600_000,
  },
  idleTimeoutMs: 45_000,
  maxEventLength: 4_194_304,
  maxTextLength: 4_194_304,
  maxStreamLength: 33_554_432,
} as const;

/** The options, checked, each limit with a value. */
export interface ResolvedOptions<Event> extends Omit<FollowOptions<Event>, 'reconnect'> {
  readonly policy: ReconnectPolicy;
  readonly idleTimeoutMs: number;
  readonly maxEventLength: number;
  readonly maxTextLength: number;
  readonly maxStreamLength: number;
}

const functions = ['fetch', 'decode', 'onStatus'];
const limits = ['idleTimeoutMs', 'maxEventLength', 'maxTextLength', 'maxStreamLength'];
const names = [...functions, ...limits, 'reconnect', 'lastEventId', 'signal', 'stop'];
const requestNames = ['url', 'method', 'headers', 'body', 'credentials', 'key'];

/**
 * Fills in the defaults.
 * @throws TypeError for an unknown option and for an invalid value
 */
export function resolveOptions<Event>(options: FollowOptions<Event>): ResolvedOptions<Event> {
  refuseUnknown('', options, names);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of functions) {
    if (given[name] !== undefined && typeof given[name] !== 'function') refuse(name, 'a function', given[name]);
  }
  const { reconnect: waits, ...defaults } = defaultFollowOptions;
  const { reconnect, ...rest } = options;
  refuseUnknown('reconnect.', reconnect || {}, Object.keys(waits));
  const resolved = { ...rest, ...fill('', defaults, given) };
  if (reconnect === false) return { ...resolved, policy: { ...waits, maxAttempts: 0 } };
  return { ...resolved, policy: fill('reconnect.', waits, reconnect ?? {}) };
}

/** @throws TypeError for an unknown field of a request */
export function checkRequest(request: FollowRequest): void {
  refuseUnknown('', request, requestNames);
}

function fill<Limits extends Readonly<Record<string, number>>>(
  prefix: string,
  defaults: Limits,
  given: object,
): { readonly [Name in keyof Limits]: number } {
  const filled = Object.entries(defaults).map(([name, value]) => {
    const limit: unknown = (given as Readonly<Record<string, unknown>>)[name] ?? value;
    // Only delays may be 0.
    if (typeof limit !== 'number' || !(name.includes('Delay') ? limit >= 0 : limit > 0)) {
      refuse(prefix + name, 'a positive number', limit);
    }
    return [name, limit];
  });
  return Object.fromEntries(filled) as Record<keyof Limits, number>;
}

/** @throws TypeError for a name that is not among the known ones, with a suggestion */
export function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = known.find((each) => beginning(each) === beginning(name));
    const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${prefix}${near}?`;
    throw new TypeError(`${prefix}${name}: unknown option, ${hint}`);
  }
}

function refuse(name: string, expected: string, got: unknown): never {
  throw new TypeError(`${name}: expected ${expected}, got ${typeof got === 'number' ? got : typeof got}`);
}

/** Names that begin alike are near each other. */
function beginning(name: string): string {
  return name.slice(0, 4).toLowerCase();
}
