import { createStreamManager, type ManagedStream } from '@gemini/stream-manager';
import { pipeSse } from '@gemini/stream-manager/sse';
import { build } from 'esbuild';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { countCases } from '../../scripts/count-cases.ts';
import type { ServedEvent } from '@gemini/browser';
import { freePort } from '../free-port.ts';
import { openBrowser } from './open-browser.ts';
import { openPage } from './open-page.ts';

// Each test has a server and a browser of its own, and waits for them half of its time.
vi.setConfig({ maxConcurrency: 2 });

/** Runs in the page: follows as its address says, and reports. */
const program = `
  import { followStream } from '@gemini/browser';
  import { useGeminiStream } from '@gemini/browser/react';
  import { createElement, StrictMode, useEffect, useState } from 'react';
  import { createRoot } from 'react-dom/client';

  const way = new URLSearchParams(location.search).get('way');
  const report = (facts) => fetch('/report', { method: 'POST', body: JSON.stringify(facts) });
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

  async function follow() {
    const target = way === 'post' ? { url: '/stream', body: {} } : '/stream';
    const stream = followStream(target, { reconnect: { baseDelayMs: 50, maxDelayMs: 200 } });
    let shown = '';
    for await (const { type, text } of stream) {
      if (type === 'text-delta') shown += text;
      window.shown = shown;
      if (way === 'stop' && shown.length > 20) stream.stop();
      if (way === 'reload' && shown.length > 200 && sessionStorage.getItem('again') === null) {
        sessionStorage.setItem('again', 'yes');
        location.reload();
        return;
      }
    }
    const { status, text, reconnects } = await stream.outcome;
    window.isDone = true;
    await report({ status, text, shown, reconnects });
  }

  async function many() {
    const runs = Number(new URLSearchParams(location.search).get('runs'));
    const wrong = [];
    let next = 0;
    // A browser keeps six connections to a host.
    const worker = async () => {
      while (next < runs) {
        const stream = followStream('/stream?' + next++, { reconnect: { baseDelayMs: 10, maxDelayMs: 100, maxAttempts: 30 } });
        let shown = '';
        for await (const text of stream.textStream) shown += text;
        const { status, text, reconnects } = await stream.outcome;
        wrong.push({ status, text, shown, reconnects });
      }
    };
    await Promise.all([1, 2, 3, 4, 5].map(worker));
    await report({ runs: wrong });
  }

  async function measure() {
    const delaysMs = [];
    for (let round = 0; round < 20; round += 1) {
      for await (const text of followStream('/now').textStream) {
        document.body.textContent = text;
        await frame();
        delaysMs.push(Date.now() - Number(text));
      }
    }
    await report({ delaysMs });
  }

  function Switch() {
    const [url, setUrl] = useState('/stream?a');
    const { text, status } = useGeminiStream(url);
    useEffect(() => {
      if (url === '/stream?a' && text.length > 100) setUrl('/stream?b');
      if (url === '/stream?b' && text.length > 100) setUrl(null);
      if (url === null) report({ status, text: '', shown: document.querySelector('p').textContent, reconnects: 0 });
    }, [url, text, status]);
    return createElement('p', null, text);
  }

  function Answer() {
    const { text, status, outcome } = useGeminiStream('/stream', { reconnect: { baseDelayMs: 50 } });
    useEffect(() => {
      if (outcome === undefined) return;
      const shown = document.querySelector('p').textContent;
      report({ status, text: outcome.text, shown, reconnects: outcome.reconnects });
    }, [outcome]);
    return createElement('p', null, text);
  }

  const render = (component) => createRoot(document.body).render(createElement(StrictMode, null, createElement(component)));
  const run = { react: () => render(Answer), switch: () => render(Switch), many, measure };
  Promise.resolve((run[way] ?? follow)()).catch((error) => report({ error: String(error) }));
`;

interface Report {
  readonly error?: string;
  readonly status?: string;
  readonly text?: string;
  readonly shown?: string;
  readonly reconnects?: number;
  readonly delaysMs?: readonly number[];
  readonly runs?: readonly Report[];
}

const words = Array.from({ length: 100 }, (_, index) => `word ${index}, `);

/** Serves the page and streams of words, whose first answers are cut, each inside an event. */
async function servePage(cuts: number, { restarts = false, wordMs = 5 } = {}) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(import.meta.dirname, '..') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@gemini/source'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const script = outputFiles[0]?.text ?? '';
  const streams = createStreamManager<ServedEvent>();
  const reported = Promise.withResolvers<Report>();
  const requests: string[] = [];
  /** By their address. */
  const served = new Map<string, { readonly stream: ManagedStream<ServedEvent>; cutsLeft: number }>();
  let closedCount = 0;
  const port = await freePort();

  const start = (): ManagedStream<ServedEvent> =>
    streams.start(async function* () {
      for (const text of words) {
        await sleep(wordMs);
        yield { type: 'text-delta', text, candidate: 0 } as const;
      }
    });

  function cutLater(response: ServerResponse): void {
    // All cuts fit into the stream; the first two writes are no events.
    const lastFrame = 3 + Math.floor(Math.random() * Math.floor(words.length / (cuts + 2)));
    const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
    let frames = 0;
    response.write = (chunk: Uint8Array) => {
      frames += 1;
      if (frames < lastFrame) return write(chunk);
      if (frames === lastFrame) {
        write(chunk.subarray(0, chunk.length >> 1));
        setImmediate(() => void (restarts ? restart() : response.destroy()));
      }
      return true;
    };
  }

  async function restart(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sleep(300);
    server.listen(port, '127.0.0.1');
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/report') {
      reported.resolve((await json(request)) as Report);
      response.end();
    } else if (request.url === '/now') {
      const now = streams.start(async function* () {
        yield { type: 'text-delta', text: String(Date.now()), candidate: 0 } as const;
      });
      await pipeSse(now, { request, response });
    } else if (request.url?.startsWith('/stream') === true) {
      requests.push(String(request.method));
      response.on('close', () => void (closedCount += 1));
      if (request.method === 'DELETE') {
        served.get(request.url)?.stream.stop('user');
        response.writeHead(204).end();
        return;
      }
      let entry = served.get(request.url);
      if (entry === undefined) served.set(request.url, (entry = { stream: start(), cutsLeft: cuts }));
      const { stream } = entry;
      if (entry.cutsLeft > 0) {
        entry.cutsLeft -= 1;
        cutLater(response);
      }
      await pipeSse(stream, { request, response, headers: { 'content-location': request.url } });
    } else {
      const html = `<!doctype html><meta charset="utf-8"><body><script type="module">${script.replaceAll('</script', String.raw`<\/script`)}</script>`;
      response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    /** Cuts every connection. */
    cut: () => server.closeAllConnections(),
    report: reported.promise,
    /** The connections of the stream that are closed. */
    closedCount: () => closedCount,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await streams.close();
    },
  };
}

const whole = words.join('');

// `BROWSER_CUTS=20 BROWSER_RUNS=1000` makes more of them.
const { BROWSER_CUTS: someCuts, BROWSER_RUNS: runs = '20' } = process.env;

it.concurrent.for(someCuts === undefined ? [1, 3, 6] : [Number(someCuts)])(
  'loses and doubles no text in Chromium, in any of many streams with %i cuts',
  async (cuts, { task }) => {
    countCases(task, Number(runs));
    await using page = await servePage(cuts);
    await using _browser = openPage(`${page.url}?way=many&runs=${runs}`);
    const { runs: reports = [], error } = await page.report;
    expect([reports.length, error]).toEqual([Number(runs), undefined]);
    for (const each of reports) {
      expect(each).toEqual({ status: 'completed', text: whole, shown: whole, reconnects: cuts });
    }
    expect(page.requests).toHaveLength(Number(runs) * (cuts + 1));
  },
);

it.concurrent.for([
  ['post', 3],
  ['react', 0],
  ['react', 3],
] as const)('loses and doubles no text in Chromium: %s, %i cuts', async ([way, cuts]) => {
  await using page = await servePage(cuts);
  await using _browser = openPage(`${page.url}?way=${way}`);
  expect(await page.report).toEqual({ status: 'completed', text: whole, shown: whole, reconnects: cuts });
  expect(page.requests).toEqual([way === 'post' ? 'POST' : 'GET', ...Array.from({ length: cuts }, () => 'GET')]);
});

it.concurrent('follows a stream through a restart of the server', async () => {
  await using page = await servePage(1, { restarts: true });
  await using _browser = openPage(`${page.url}?way=get`);
  expect(await page.report).toMatchObject({ status: 'completed', text: whole, shown: whole });
});

it.concurrent('shows the whole text after a reload', async () => {
  await using page = await servePage(0);
  await using _browser = openPage(`${page.url}?way=reload`);
  expect(await page.report).toMatchObject({ status: 'completed', text: whole, shown: whole, reconnects: 0 });
});

it.concurrent('stops the stream by a request of its own, and reads its end', async () => {
  await using page = await servePage(0, { wordMs: 20 });
  await using _browser = openPage(`${page.url}?way=stop`);
  const { status, text = '', shown } = await page.report;
  expect(status).toBe('stopped');
  expect(shown).toBe(text);
  expect(whole.startsWith(text)).toBe(true);
});

const view = { width: 800, colorScheme: 'light' } as const;

/** Opens the page where the DevTools protocol reaches it, and waits for some text. */
async function watch(url: string) {
  const browser = await openBrowser();
  const seen = await browser.see(`${url}?way=get`, view);
  const shown = async (): Promise<number> => Number(await seen.evaluate('window.shown?.length ?? 0'));
  while ((await shown()) < 100) await sleep(10);
  return { ...seen, shown, browser, [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose]() };
}

it.concurrent('asks nothing while the page is offline, and continues as soon as it is online', async () => {
  await using page = await servePage(0, { wordMs: 20 });
  await using seen = await watch(page.url);
  const offline = (isOffline: boolean): Promise<unknown> =>
    seen.command('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await offline(true);
  // What Chromium itself leaves open is cut, as a network is.
  page.cut();
  await sleep(1_500);
  expect(page.requests).toHaveLength(1);
  await offline(false);
  expect(await page.report).toEqual({ status: 'completed', text: whole, shown: whole, reconnects: 1 });
  expect(page.requests).toHaveLength(2);
});

it.concurrent('continues after the page was frozen and its connection lost', async () => {
  await using page = await servePage(0, { wordMs: 20 });
  await using seen = await watch(page.url);
  await seen.command('Page.setWebLifecycleState', { state: 'frozen' });
  page.cut();
  await sleep(500);
  await seen.command('Page.setWebLifecycleState', { state: 'active' });
  expect(await page.report).toEqual({ status: 'completed', text: whole, shown: whole, reconnects: 1 });
});

it.concurrent('is the same in two tabs, each with a connection of its own', async () => {
  await using page = await servePage(2, { wordMs: 10 });
  await using one = await watch(page.url);
  const other = await one.browser.see(`${page.url}?way=get`, view);
  for (const seen of [one, other]) {
    while ((await seen.evaluate('window.isDone === true')) !== true) await sleep(20);
    expect(await seen.evaluate('window.shown')).toBe(whole);
  }
});

it.concurrent('the hook leaves a stream for another target, and at unmounting: its connection is closed', async () => {
  await using page = await servePage(0, { wordMs: 10 });
  await using _browser = openPage(`${page.url}?way=switch`);
  expect(await page.report).toMatchObject({ status: 'idle', shown: '' });
  while (page.closedCount() < 2) await sleep(10);
  expect(page.requests).toEqual(['GET', 'GET']);
});

it('reports how soon the first text is on screen', async () => {
  await using page = await servePage(0);
  await using _browser = openPage(`${page.url}?way=measure`);
  const { delaysMs = [] } = await page.report;
  expect(delaysMs).toHaveLength(20);
  const median = delaysMs.toSorted((one, other) => one - other)[10];
  process.stdout.write(`first text on screen: median ${median} ms after the server wrote it\n`);
});
