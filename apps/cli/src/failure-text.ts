import type { GeminiError } from '@gemini/client';
import type { HttpStreamError } from '@gemini/http-streaming';

/** The facts of a failure that the text depends on. */
type Failure = Error & Partial<Pick<GeminiError, 'code' | 'status' | 'reason' | 'retryAfterMs'>>;

/**
 * Returns a failure as one line: the cause first, then the remedy, in the words of the command line. The names of settings
 * are those of the options and environment variables that set them.
 */
export function failureText(error: unknown, env: NodeJS.ProcessEnv = process.env): string {
  // A server's message may have several lines.
  return textOf(error, env)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

function textOf(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error);
  // By name, because the packages are loaded only by the commands that need them.
  if (error.name === 'GeminiError') return geminiFailure(error, env);
  if (error.name === 'HttpStreamError')
    return withRemedy(transportCause(error as HttpStreamError), remedyOf(error, env));
  return error instanceof TypeError ? inOptionNames(error.message, env) : error.message;
}

function geminiFailure(error: Failure, env: NodeJS.ProcessEnv): string {
  const { code, cause, message } = error;
  const own = ownWords[code ?? ''];
  if (own !== undefined) return own(message);
  if (code === 'api-error') return withRemedy(serverCause(message), remedyOf(error, env));
  if (cause instanceof Error && cause.name === 'HttpStreamError') {
    return withRemedy(transportCause(cause as HttpStreamError), remedyOf(error, env));
  }
  return inOptionNames(message, env);
}

/** The failures whose remedy the client names by its own options. */
const ownWords: Readonly<Record<string, (message: string) => string>> = {
  'insecure-base-url': (message) => `${message.replace(/: use https.*$/, '')}: use an https URL`,
  'missing-api-key': (message) =>
    message.startsWith('no credentials')
      ? 'no credentials for Vertex AI: name the --project, or set GOOGLE_OAUTH_ACCESS_TOKEN'
      : 'no API key: set GEMINI_API_KEY',
  'missing-auth-library': () =>
    'Application Default Credentials need a library: npm install google-auth-library beside the command, or set GOOGLE_OAUTH_ACCESS_TOKEN',
};

function withRemedy(cause: string, remedy: string | undefined): string {
  return remedy === undefined ? cause : `${cause}: ${remedy}`;
}

/** Returns the server's own words first, and its code after them. */
function serverCause(message: string): string {
  const [, label, words] = /^((?:\d{3} )?[A-Za-z_]+|\d{3}): (.*)$/s.exec(message) ?? [];
  if (label === undefined || words === undefined) return message;
  return `${words.trim().replace(/[.:]$/, '')} (${label})`;
}

/** Returns the cause of a failed connection or stream, with the server's name instead of the request's URL. */
function transportCause({ message, request, code, cause }: HttpStreamError): string {
  const url = request.split(' ')[1] ?? '';
  const host = URL.canParse(url) ? new URL(url).host : url;
  const said = message.startsWith(`${request}: `) ? message.slice(request.length + 2) : message;
  if (code !== 'connect-failed') return `${said} (${host})`;
  const reason = connectReasons[systemCode(cause) ?? ''];
  return reason === undefined ? said.replace(/^no connection/, `no connection to ${host}`) : reason(host);
}

const connectReasons: Readonly<Record<string, (host: string) => string>> = {
  ECONNREFUSED: (host) => `${host} refuses connections`,
  ENOTFOUND: (host) => `there is no server named ${host}`,
  EAI_AGAIN: (host) => `the name ${host} cannot be looked up now`,
  ENETUNREACH: (host) => `there is no network path to ${host}`,
  EHOSTUNREACH: (host) => `there is no network path to ${host}`,
};

/** Returns the code of the system in an error or in its causes. */
function systemCode(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (code !== undefined && code in connectReasons) return code;
    // Of both addresses of a name.
    const [first] = each instanceof AggregateError ? (each.errors as unknown[]) : [];
    if (first !== undefined) return systemCode(first);
  }
  return undefined;
}

/** Returns what helps, by the code and status of a failure. */
function remedyOf(
  { code, status, reason, retryAfterMs, message }: Failure,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (code === 'connect-failed' || code === 'connect-timeout') {
    const named = ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL'].find((name) => env[name]);
    return `check ${named === undefined ? '--base-url, or the network' : `--base-url or ${named}`}`;
  }
  if (code !== undefined && /-timeout$|^connection-lost$/.test(code))
    return 'gemini-stream doctor URL examines the path';
  if (/API key/i.test(message) || status === 401 || reason === 'UNAUTHENTICATED') {
    const named = ['GOOGLE_API_KEY', 'GEMINI_API_KEY'].find((name) => env[name]);
    return named === undefined ? 'set GEMINI_API_KEY' : `check ${named}`;
  }
  if (status === 404 && /model/i.test(message)) return 'gemini-stream models lists the models for --model';
  if (status === 429 || status === 503) {
    const wait = retryAfterMs === undefined ? 'try later' : `try again in ${Math.ceil(retryAfterMs / 1_000)} s`;
    return `${wait}, or name more models: --model FIRST,NEXT`;
  }
  return undefined;
}

/** The settings of the client, their options, and the environment variables that set them too. */
const settings: Readonly<Record<string, readonly [option: string, ...variables: string[]]>> = {
  baseUrl: ['--base-url', 'GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL'],
  model: ['--model', 'GEMINI_MODEL'],
  'vertex.project': ['--project', 'GOOGLE_CLOUD_PROJECT'],
  'vertex.location': ['--location', 'GOOGLE_CLOUD_LOCATION'],
};

function inOptionNames(message: string, env: NodeJS.ProcessEnv): string {
  const [, name = '', words = ''] = /^([\w.]+)(: .*)$/s.exec(message) ?? [];
  const [option, ...variables] = settings[name] ?? [];
  if (option === undefined) return message;
  const variable = variables.find((each) => env[each] && words.endsWith(`got ${JSON.stringify(env[each])}`));
  return `${variable ?? option}${words}`;
}
