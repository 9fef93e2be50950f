import { readFile } from 'node:fs/promises';
import { readReply, Script, type ScriptedAnswer, type ScriptMatch } from './answers/script.ts';
import { Continuations } from './answers/stream-answer.ts';
import { readCassette } from './cassette/cassette.ts';
import { Recorder } from './cassette/recorder.ts';
import { CassettePlayer } from './cassette/replay.ts';
import { type EmulatorOptions, type ReplayOptions, resolveOptions } from './emulator-options.ts';
import { InteractionStore } from './interactions/interaction-store.ts';
import { ScenarioProgress } from './scenarios/scenario.ts';
import { readScenario } from './scenarios/scenarios.ts';
import type { EmulatorContext } from './server/emulator-context.ts';
import { createHttpListener, type Listener } from './server/http-listeners.ts';
import { Listeners } from './server/listeners.ts';
import { RequestLog, type EmulatorRequest } from './server/request-log.ts';

/** A running emulator. */
export interface Emulator extends AsyncDisposable {
  /** The base URL, such as `http://127.0.0.1:PORT`: the server's own, or that of its scenario if that has one. Without a trailing slash. */
  readonly url: string;
  /** The received requests and their answers, oldest first. This is always the same array. */
  readonly requests: readonly EmulatorRequest[];
  /** Resolves with `requests` when it has at least `count` entries. */
  whenReceived(count: number): Promise<readonly EmulatorRequest[]>;
  /** Resolves when the server or the client has ended the request (`closedBy`). */
  whenClosed(id: string): Promise<EmulatorRequest>;
  /**
   * Resolves when a write of the request is blocked because the client does not read, or at once if one is blocked now.
   * Rejects if the request ends first. A write blocks only when the socket buffers of both sides are full: they hold
   * some megabytes on loopback.
   */
  whenBackpressured(id: string): Promise<EmulatorRequest>;
  /** The certificate of `tls-unknown-issuer`, `redirect-https-to-http` and the HTTP/2 scenarios in PEM, for clients that should trust it. */
  readonly certificate: string;
  /** Resolves with the base URL of a built-in scenario. Rejects with a `TypeError` for an unknown name. */
  urlOf(scenario: string): Promise<string>;
  /**
   * Answers requests whose last prompt contains the text, matches the expression, or that match in other ways. The reply
   * is a text, the texts of its chunks, or a whole answer. Later calls come first, and all come before the `script`.
   * `times` limits how often; `reset()` removes the answer.
   * @throws TypeError for an invalid argument
   */
  answer(when: string | RegExp | ScriptMatch, reply: string | readonly string[] | ScriptedAnswer, times?: number): void;
  /**
   * Clears the requests and the interactions, removes the answers of `answer`, and restarts every scenario, the script and
   * the replay. Answers in progress continue.
   */
  reset(): Promise<void>;
  /** Stops the server and closes every connection. It is safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a server that speaks the Gemini API and resolves when it listens. Rejects with a `TypeError` for invalid options,
 * and with Node's own error if the port is taken.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const resolved = resolveOptions(options);
  const scenario = resolved.scenario === undefined ? undefined : readScenario(resolved.scenario);
  const listeners = new Listeners();
  let origin = '';
  const context: EmulatorContext = {
    options: resolved,
    log: new RequestLog(resolved.onRequestEnd),
    progress: new ScenarioProgress(),
    script: new Script(resolved.script ?? []),
    continuations: new Continuations(),
    interactions: new InteractionStore(),
    interactionTokens: new Continuations(),
    recorder: resolved.record && (await Recorder.create(resolved.record.file, resolved.record.maxExchangeBytes)),
    player: resolved.replay && (await openCassette(resolved.replay)),
    scenario,
    origin: () => origin,
    urlOf: (name) => listeners.urlOf(name, context),
  };
  const main = await createHttpListener(resolved.port, resolved.host, context);
  origin = main.url;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(main, listeners, context));
  const isElsewhere = scenario?.listener !== undefined && scenario.listener !== 'http';
  return {
    url: isElsewhere ? await listeners.urlOf(scenario, context) : main.url,
    requests: context.log.requests,
    whenReceived: (count) => context.log.whenReceived(count),
    whenClosed: (id) => context.log.whenClosed(id),
    whenBackpressured: (id) => context.log.whenBackpressured(id),
    get certificate() {
      return listeners.certificate().cert;
    },
    urlOf: (name) => context.urlOf(name),
    answer: (...given) => context.script.add(readReply(...given)),
    async reset() {
      context.log.clear();
      context.progress.clear();
      context.script.rewind();
      context.player?.rewind();
      context.interactions.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function closeAll(main: Listener, listeners: Listeners, context: EmulatorContext): Promise<void> {
  context.interactions.clear();
  await Promise.all([main.close(), listeners.close()]);
  await context.recorder?.close();
}

async function openCassette({
  file = '',
  cassette,
  speed = 1,
  match = 'request',
}: ReplayOptions): Promise<CassettePlayer> {
  return new CassettePlayer(cassette ?? readCassette(await readFile(file, 'utf8')), { speed, match });
}
