import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** How a page is looked at. */
export interface View {
  /** In CSS pixels. */
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

/** A page as a person with that view sees it. */
export interface SeenPage {
  /** The value of an expression in the page, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Sends a command of the DevTools protocol to the page. */
  command(method: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** The whole page, however long, as a PNG. */
  photograph(): Promise<Buffer>;
  /** Every URL that the page has asked for, itself included. */
  readonly requested: readonly string[];
  /** The errors of the browser: blocked by the policy, or thrown by a script. */
  readonly complaints: readonly string[];
}

/** A browser of its own, spoken to by the DevTools protocol. */
export interface Browser extends AsyncDisposable {
  see(url: string, view: View): Promise<SeenPage>;
}

/** Starts a Chromium. Throws if none is installed, because these tests must not be skipped. */
export async function openBrowser(): Promise<Browser> {
  accessSync(chromium, constants.X_OK);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', ...quiet];
  const process_ = spawn(chromium, [...flags, `--user-data-dir=${profile}`], { stdio: 'ignore', detached: true });
  const port = await debuggingPort(profile);
  return {
    async see(url, { width, colorScheme }) {
      const created = await fetch(`http://127.0.0.1:${port}/json/new?about:blank`, { method: 'PUT' });
      const { webSocketDebuggerUrl } = (await created.json()) as { webSocketDebuggerUrl: string };
      const requested: string[] = [];
      const complaints: string[] = [];
      const loaded = Promise.withResolvers<void>();
      const { send } = await connectTo(webSocketDebuggerUrl, (method, parameters) => {
        if (method === 'Network.requestWillBeSent') requested.push((parameters['request'] as { url: string }).url);
        if (method === 'Log.entryAdded') complaints.push((parameters['entry'] as { text: string }).text);
        if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(parameters));
        if (method === 'Page.loadEventFired') loaded.resolve();
      });
      for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`);
      const height = 900;
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 2, mobile: width < 600 });
      await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colorScheme }] });
      await send('Page.navigate', { url });
      await loaded.promise;
      return {
        requested,
        complaints,
        command: (method, parameters) => send(method, parameters),
        async evaluate(expression) {
          const { result } = await send('Runtime.evaluate', { expression, returnByValue: true });
          return (result as { value: unknown }).value;
        },
        async photograph() {
          const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
          return Buffer.from(String(data), 'base64');
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(process_, 'close');
      // The browser's own processes are in its group.
      if (process_.pid !== undefined) process.kill(-process_.pid, 'SIGKILL');
      await closed;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function debuggingPort(profile: string): Promise<number> {
  for (let patience = 300; patience > 0; patience -= 1) {
    const told = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const port = Number(told.split('\n')[0]);
    if (port > 0) return port;
    await sleep(100);
  }
  throw new Error('Chromium did not come up');
}

type Parameters = Readonly<Record<string, unknown>>;

interface Devtools {
  readonly send: (method: string, parameters?: Parameters) => Promise<Parameters>;
}

async function connectTo(url: string, onEvent: (method: string, parameters: Parameters) => void): Promise<Devtools> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, { resolve(result: Parameters): void; reject(error: Error): void }>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as {
      id?: number;
      method?: string;
      params?: Parameters;
      result?: Parameters;
      error?: { message: string };
    };
    if (message.id === undefined) return onEvent(message.method ?? '', message.params ?? {});
    const caller = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) caller?.resolve(message.result ?? {});
    else caller?.reject(new Error(message.error.message));
  });
  await once(socket, 'open');
  let calls = 0;
  return {
    send(method, parameters = {}) {
      calls += 1;
      socket.send(JSON.stringify({ id: calls, method, params: parameters }));
      return new Promise((resolve, reject) => {
        waiting.set(calls, { resolve, reject });
      });
    },
  };
}
