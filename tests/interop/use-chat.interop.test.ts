import { createChatHandler, toGeminiContents, toUIMessageStream } from '@gemini/ai-sdk';
import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { createStreamManager } from '@gemini/stream-manager';
import type { UIMessageChunk } from 'ai';
import { build } from 'esbuild';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { countCases } from '../../scripts/count-cases.ts';
import { openBrowser } from './open-browser.ts';
import { openPage } from './open-page.ts';

// Each test has a server and a browser of its own, and waits for them half of its time.
vi.setConfig({ maxConcurrency: 2 });

/** Runs in the page: chats as its address says, and reports. */
const program = `
  import { Chat, useChat } from '@ai-sdk/react';
  import { createChatTransport } from '@gemini/ai-sdk/transport';
  import { createElement, StrictMode, useEffect } from 'react';
  import { createRoot } from 'react-dom/client';

  const query = new URLSearchParams(location.search);
  const report = (facts) => fetch('/report', { method: 'POST', body: JSON.stringify(facts) });
  const transport = createChatTransport({ reconnect: { baseDelayMs: 10, maxDelayMs: 100, maxAttempts: 30 } });
  const textOf = (message) => (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
  const prompt = { text: query.get('prompt') };

  async function many() {
    const runs = Number(query.get('runs'));
    const reports = [];
    let next = 0;
    const worker = async () => {
      while (next < runs) {
        const chat = new Chat({ id: 'run-' + next++, transport });
        await chat.sendMessage(prompt);
        reports.push({ status: chat.status, text: textOf(chat.lastMessage), count: chat.messages.length });
      }
    };
    await Promise.all([1, 2, 3, 4, 5].map(worker));
    await report({ reports });
  }

  function Page() {
    // A page that was loaded again resumes; one that is new asks.
    const isAgain = query.get('way') === 'second' || sessionStorage.getItem('asked') !== null;
    const { messages, status, sendMessage, stop, error } = useChat({ id: 'page', transport, resume: isAgain });
    const answer = textOf(messages.findLast(({ role }) => role === 'assistant'));
    useEffect(() => {
      if (isAgain) return undefined;
      // As a click does, after strict mode has mounted the component twice.
      const timer = setTimeout(() => sendMessage(prompt), 50);
      return () => clearTimeout(timer);
    }, []);
    useEffect(() => {
      window.shown = document.querySelector('p').textContent;
      if (query.get('way') === 'reload' && !isAgain && answer.length > 60) {
        sessionStorage.setItem('asked', 'yes');
        location.reload();
      }
      if (query.get('way') === 'stop' && answer.length > 60) stop();
      const isOver = (status === 'ready' && answer !== '') || status === 'error';
      if (isOver) report({ status, text: answer, shown: window.shown, error: error?.message });
    }, [answer, status]);
    return createElement('p', null, answer);
  }

  const page = () => createRoot(document.body).render(createElement(StrictMode, null, createElement(Page)));
  Promise.resolve((query.get('way') === 'many' ? many : page)()).catch((error) => report({ error: String(error) }));
`;

interface Report {
  readonly error?: string;
  readonly status?: string;
  readonly text?: string;
  readonly shown?: string;
  readonly count?: number;
  readonly reports?: readonly Report[];
}

const numerals = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const answer = numerals.flatMap((tens) => numerals.map((ones) => `${tens} ${ones}`)).join(' ');

/** Serves a chat and its page. The first answers to each chat are cut, each inside a frame. */
async function serveChat(cuts: number, tokensPerSecond: number) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 2 } }));
  const gemini = createGemini({ baseUrl: emulator.url });
  const streams = createStreamManager<UIMessageChunk>();
  const chat = createChatHandler({
    streams,
    answer: ({ messages, signal }) => toUIMessageStream(gemini.stream(toGeminiContents(messages), { signal })),
    userOf: () => 'ada',
  });
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(import.meta.dirname, '..') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@gemini/source'],
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const script = (outputFiles[0]?.text ?? '').replaceAll('</script', String.raw`<\/script`);
  const reported = Promise.withResolvers<Report>();
  const requests: string[] = [];
  const cutsLeft = new Map<string, number>();

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    if (url === '/report') {
      reported.resolve((await json(incoming)) as Report);
      return void outgoing.end();
    }
    if (!url.startsWith('/api/chat')) {
      const html = `<!doctype html><meta charset="utf-8"><body><script type="module">${script}</script>`;
      return void outgoing.writeHead(200, { 'content-type': 'text/html' }).end(html);
    }
    const body = method === 'POST' ? await text(incoming) : undefined;
    const fromPath = /^\/api\/chat\/(.+)\/stream$/.exec(url)?.[1];
    const chatId = fromPath ?? (JSON.parse(body ?? '{}') as { id: string }).id;
    requests.push(`${method} ${chatId}`);
    const init = { method, headers: headers as Record<string, string>, ...(body === undefined ? {} : { body }) };
    const request = new Request('http://localhost/', init);
    const response = await (method === 'POST' || method === 'DELETE' ? chat[method] : chat.GET)(request, chatId);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) return void outgoing.end();
    const left = cutsLeft.get(chatId) ?? cuts;
    cutsLeft.set(chatId, left - 1);
    let bytesLeft = left > 0 ? 100 + Math.floor(Math.random() * (8_000 / (cuts + 1))) : Infinity;
    const reader = Readable.fromWeb(response.body as never);
    outgoing.on('close', () => void reader.destroy());
    for await (const bytes of reader as AsyncIterable<Buffer>) {
      bytesLeft -= bytes.length;
      if (bytesLeft < 0) {
        outgoing.write(bytes.subarray(0, bytes.length >> 1), () => outgoing.destroy());
        return;
      }
      outgoing.write(bytes);
    }
    outgoing.end();
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await streams.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?prompt=${encodeURIComponent(`Say ${answer}`)}`;
  return {
    emulator,
    requests,
    address,
    report: reported.promise,
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

// `BROWSER_CUTS=20 BROWSER_RUNS=1000` makes more of them.
const { BROWSER_CUTS: someCuts, BROWSER_RUNS: runs = '20' } = process.env;

it.concurrent.for(someCuts === undefined ? [1, 3, 6] : [Number(someCuts)])(
  'useChat loses and doubles nothing in any of many answers with %i cuts, and asks once',
  async (cuts, { task }) => {
    countCases(task, Number(runs));
    await using chat = await serveChat(cuts, 400);
    await using _browser = openPage(`${chat.address}&way=many&runs=${runs}`);
    const { reports = [], error } = await chat.report;
    expect([reports.length, error]).toEqual([Number(runs), undefined]);
    for (const each of reports) expect(each).toEqual({ status: 'ready', text: answer, count: 2 });
    expect(chat.emulator.requests).toHaveLength(Number(runs));
    const posts = chat.requests.filter((request) => request.startsWith('POST'));
    expect(new Set(posts).size).toBe(Number(runs));
    // At most one GET a cut, and a POST again only if it was cut before its first chunk.
    expect(chat.requests.length).toBeLessThanOrEqual(Number(runs) * (cuts + 1));
  },
);

it.concurrent.for(['strict', 'reload'])('useChat shows the whole answer in strict mode: %s', async (way) => {
  await using chat = await serveChat(2, 120);
  await using _browser = openPage(`${chat.address}&way=${way}`);
  expect(await chat.report).toEqual({ status: 'ready', text: answer, shown: answer });
  expect(chat.emulator.requests).toHaveLength(1);
});

it.concurrent('stop() of useChat stops the model', async () => {
  await using chat = await serveChat(0, 30);
  await using _browser = openPage(`${chat.address}&way=stop`);
  const { status, text: shown = '' } = await chat.report;
  expect(status).toBe('ready');
  expect(answer.startsWith(shown)).toBe(true);
  const [request] = await chat.emulator.whenReceived(1);
  expect((await chat.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
});

const view = { width: 800, colorScheme: 'light' } as const;

it.concurrent('useChat continues after the page was offline', async () => {
  await using chat = await serveChat(0, 60);
  await using browser = await openBrowser();
  const seen = await browser.see(`${chat.address}&way=offline`, view);
  while (Number(await seen.evaluate('window.shown?.length ?? 0')) < 60) await sleep(10);
  const offline = (isOffline: boolean): Promise<unknown> =>
    seen.command('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await offline(true);
  chat.cut();
  await sleep(1_000);
  await offline(false);
  expect(await chat.report).toMatchObject({ status: 'ready', text: answer, shown: answer });
  expect(chat.emulator.requests).toHaveLength(1);
});

it.concurrent('useChat continues after the page was frozen and its connection lost', async () => {
  await using chat = await serveChat(0, 60);
  await using browser = await openBrowser();
  const seen = await browser.see(`${chat.address}&way=frozen`, view);
  while (Number(await seen.evaluate('window.shown?.length ?? 0')) < 60) await sleep(10);
  await seen.command('Page.setWebLifecycleState', { state: 'frozen' });
  chat.cut();
  await sleep(500);
  await seen.command('Page.setWebLifecycleState', { state: 'active' });
  expect(await chat.report).toMatchObject({ status: 'ready', text: answer, shown: answer });
  expect(chat.emulator.requests).toHaveLength(1);
});

it.concurrent('useChat shows the same answer in a second tab, from its start', async () => {
  await using chat = await serveChat(1, 60);
  await using browser = await openBrowser();
  const first = await browser.see(`${chat.address}&way=first`, view);
  while (Number(await first.evaluate('window.shown?.length ?? 0')) < 60) await sleep(10);
  const second = await browser.see(`${chat.address}&way=second`, view);
  for (const seen of [first, second]) {
    while ((await seen.evaluate('window.shown?.length')) !== answer.length) await sleep(20);
    expect(await seen.evaluate('window.shown')).toBe(answer);
  }
  expect(chat.emulator.requests).toHaveLength(1);
});
