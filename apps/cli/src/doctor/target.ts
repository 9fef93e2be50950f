import { type EventStreamRequest, isLoopbackHost } from '@gemini/http-streaming';
import { UsageError } from '../exit-code.ts';

/** The request that the command line asks for. */
export interface DoctorQuestion {
  /** A plain GET of the URL as it stands. */
  readonly get: boolean;
  /** The body of a POST to the URL as it stands. */
  readonly data: string | undefined;
  /** `Name: value`, sent with every request. */
  readonly headers: readonly string[];
  readonly model: string | undefined;
  /** Whether a base URL is asked for an interaction. */
  readonly isInteraction: boolean;
  /** The prompt for a Gemini endpoint. */
  readonly prompt: string;
  /** Ends every request. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the key is sent to a server that is not Google's. */
  readonly sendKey: boolean;
}

/** A path to examine: its URL and the request for a stream. */
export interface DoctorTarget {
  readonly url: URL;
  readonly request: EventStreamRequest;
  readonly isGemini: boolean;
  readonly isKeySent: boolean;
}

/**
 * Returns the request for a URL. Without `get` and `data` the URL is a Gemini endpoint: unchanged if its path contains
 * `:streamGenerateContent` or ends with `/interactions`, otherwise a base URL. A key of the environment goes only to Google's origins, unless
 * `sendKey` is set.
 * @throws UsageError for an invalid URL or header, for options that exclude each other, and for a key that would be sent
 * unencrypted
 */
export function doctorTarget(
  address: string,
  question: DoctorQuestion,
  env: NodeJS.ProcessEnv = process.env,
): DoctorTarget {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new UsageError(`expected an http or https URL, got ${JSON.stringify(address)}`);
  }
  if (question.get && question.data !== undefined) throw new UsageError('expected --get or --data, got both');
  const isGemini = !question.get && question.data === undefined;
  const model = question.model ?? (env['GEMINI_MODEL'] || undefined);
  const url = isGemini ? geminiUrl(new URL(address), model, question.isInteraction) : new URL(address);
  const key = keyFor(url, question.sendKey, env);
  const headers = { ...(key === undefined ? {} : { 'x-goog-api-key': key }), ...readHeaders(question.headers) };
  return {
    url,
    request: { url, signal: question.signal, ...bodyOf({ ...question, model }, isGemini, url, headers) },
    isGemini,
    isKeySent: key !== undefined,
  };
}

/** Returns a URL to show: without its query, which may contain a key. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

const defaultModel = 'gemini-flash-latest';

function isInteractions({ pathname }: URL): boolean {
  return /\/interactions\/?$/.test(pathname);
}

function geminiUrl(base: URL, model = defaultModel, isInteraction = false): URL {
  if (!/^[\w.@-]+$/.test(model)) throw new UsageError(`--model: expected a name, got ${JSON.stringify(model)}`);
  const url = new URL(base);
  if (isInteractions(url)) return url;
  if (isInteraction) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1beta/interactions`;
    return url;
  }
  if (!url.pathname.includes(':streamGenerateContent')) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1beta/models/${model}:streamGenerateContent`;
  }
  url.searchParams.set('alt', 'sse');
  return url;
}

function bodyOf(
  { get, data, prompt, model = defaultModel }: DoctorQuestion,
  isGemini: boolean,
  url: URL,
  headers: Readonly<Record<string, string>>,
) {
  if (isGemini && isInteractions(url)) return { headers, json: { model, input: prompt, stream: true, store: false } };
  if (isGemini) return { headers, json: { contents: [{ role: 'user', parts: [{ text: prompt }] }] } };
  if (get || data === undefined) return { headers };
  return { headers: { 'content-type': 'application/json', ...headers }, body: data };
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      // The message leaves out the value, which may be a secret.
      if (name === undefined || value === undefined) throw new UsageError("--header: expected 'Name: value'");
      return [name.toLowerCase(), value];
    }),
  );
}

function keyFor(url: URL, sendKey: boolean, env: NodeJS.ProcessEnv): string | undefined {
  const key = env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'] || undefined;
  const isGoogle = url.protocol === 'https:' && /(?:^|\.)googleapis\.com$/.test(url.hostname);
  if (!isGoogle && !sendKey) return undefined;
  if (sendKey && key === undefined) throw new UsageError('--send-key: set GOOGLE_API_KEY or GEMINI_API_KEY');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new UsageError(`--send-key: the key would be sent unencrypted to ${url.host}`);
  }
  return key;
}
