import { describeIssue, loadZod } from './request/schema-library.ts';

/** The options that are numbers above 0 (`maxRedirects`: of at least 0): our own, and those that the transport takes. */
const numberNames = [
  'maxResponseBytes',
  'connectTimeoutMs',
  'headersTimeoutMs',
  'idleTimeoutMs',
  'contentIdleTimeoutMs',
  'totalTimeoutMs',
  'unreadTimeoutMs',
  'maxEventBytes',
  'maxBufferedBytes',
  'maxRedirects',
] as const;

/** What each option is, where it is plain. `object` stands for anything that is left to whoever takes it. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  apiKey: ['string', 'function'],
  baseUrl: ['string'],
  apiVersion: ['string'],
  model: ['string'],
  vertex: ['object'],
  headers: ['object'],
  ...Object.fromEntries(numberNames.map((name) => [name, ['number']])),
  invalidChunks: ['string'],
  manager: ['object'],
  allowInsecure: ['boolean'],
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks the options of a client. What is plainly right passes without the schema library.
 * @throws TypeError that names the option, what was expected and what was got
 */
export function checkGeminiOptions(options: object): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options: expected an object, got ${options === null ? 'null' : typeof options}`);
  }
  const isPlain = Object.entries(options).every(([name, value]) => {
    if (value === undefined || kinds[name] === undefined) return true;
    if (value === null) return false;
    if (name === 'vertex') return value === false || (typeof value === 'object' && isPlainVertex(value as Fields));
    if (name === 'headers') return typeof value === 'object' && Object.values(value as object).every(isText);
    if (name === 'invalidChunks') return value === 'fail' || value === 'skip';
    if (typeof value === 'number' && !(value > 0 || (value === 0 && name === 'maxRedirects'))) return false;
    return kinds[name].includes(typeof value);
  });
  if (isPlain) return;
  const { vertex } = options as Fields;
  const result = optionsSchema().safeParse(vertex === false ? { ...options, vertex: undefined } : options);
  if (!result.success) throw new TypeError(describeIssue(result.error.issues, options));
}

function isPlainVertex({ project, location, accessToken, auth, quotaProject }: Fields): boolean {
  const isPlainToken = isTextOrNone(accessToken) || typeof accessToken === 'function';
  return [project, location, quotaProject].every(isTextOrNone) && isPlainToken && auth === undefined;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);

function optionsSchema() {
  const z = loadZod();
  const text = z.optional(z.string());
  const secret = z.optional(z.union([z.string(), z.custom<() => unknown>((value) => typeof value === 'function')]));
  const auth = z.optional(z.looseObject({ getRequestHeaders: z.custom((value) => typeof value === 'function') }));
  return z.looseObject({
    apiKey: secret,
    baseUrl: text,
    apiVersion: text,
    model: text,
    vertex: z.optional(z.looseObject({ project: text, location: text, accessToken: secret, auth, quotaProject: text })),
    headers: z.optional(z.record(z.string(), z.string())),
    ...Object.fromEntries(
      numberNames.map((name) => [
        name,
        z.optional(z.number().check(name === 'maxRedirects' ? z.nonnegative() : z.positive())),
      ]),
    ),
    invalidChunks: z.optional(z.enum(['fail', 'skip'])),
    manager: z.optional(z.looseObject({})),
    allowInsecure: z.optional(z.boolean()),
  });
}
