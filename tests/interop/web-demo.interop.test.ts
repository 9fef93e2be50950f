import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDemoServer } from '../../apps/web/src/create-demo-server.ts';
import { openBrowser, type SeenPage, type View } from './open-browser.ts';

const desktop: View = { width: 1_100, colorScheme: 'light' };
const phone: View = { width: 390, colorScheme: 'dark' };
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The demo, its model and a browser. */
async function open(tokensPerSecond = 60) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 2 } }));
  const server = stack.use(await createDemoServer(createGemini({ baseUrl: emulator.url })));
  const browser = stack.use(await openBrowser());
  return { emulator, server, browser, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const textOf = async (page: SeenPage, id: string): Promise<string> =>
  String(await page.evaluate(`document.getElementById(${JSON.stringify(id)}).textContent`));

async function ask(page: SeenPage, prompt: string): Promise<void> {
  await page.evaluate(`document.getElementById('prompt').value = ${JSON.stringify(prompt)}`);
  await page.evaluate(`document.getElementById('ask').requestSubmit()`);
}

async function until(page: SeenPage, isThere: () => Promise<boolean>): Promise<void> {
  while (!(await isThere())) await sleep(20);
  // A connection that is cut is one of the browser's complaints.
  expect(page.complaints.filter((complaint) => !complaint.includes('net::ERR_'))).toEqual([]);
}

const isOver = (page: SeenPage, sentence: string) => async (): Promise<boolean> =>
  (await textOf(page, 'status')).startsWith(sentence);

const counting = 'Count from 1 to 40';
const counted = `${Array.from({ length: 40 }, (_, index) => index + 1).join(', ')}.`;

describe('the page of the demo', () => {
  it('shows an answer as it comes, and the same buffered at its end, with its times', async () => {
    await using demo = await open();
    const page = await demo.browser.see(demo.server.url, desktop);
    await ask(page, counting);
    await until(page, async () => (await textOf(page, 'live')).length > 20);
    expect(await textOf(page, 'buffered')).toBe('');
    await until(page, isOver(page, 'The answer is complete'));
    expect([await textOf(page, 'live'), await textOf(page, 'buffered')]).toEqual([counted, counted]);
    await until(page, async () => (await textOf(page, 'facts')).includes('Model'));
    expect(await textOf(page, 'facts')).toMatch(/^Deliverylive.*Server to screen\d+ ms \(median\)Tokens a second\d+/);
    expect(Number(await page.evaluate(`document.querySelectorAll('#timeline line').length`))).toBeGreaterThan(20);
  });

  it('continues where it was after the connection was cut, and follows the same stream in a second tab', async () => {
    await using demo = await open(40);
    const page = await demo.browser.see(demo.server.url, desktop);
    await ask(page, counting);
    await until(page, async () => (await textOf(page, 'live')).length > 20);
    const second = await demo.browser.see(String(await page.evaluate('location.href')), phone);
    for (let cuts = 0; cuts < 2; cuts += 1) {
      const { length } = await textOf(page, 'live');
      await page.evaluate(`document.getElementById('cut').click()`);
      await until(page, async () => (await textOf(page, 'live')).length > length);
    }
    for (const each of [page, second]) {
      while (!(await isOver(each, 'The answer is complete')())) await sleep(20);
      expect(await textOf(each, 'live')).toBe(counted);
    }
    expect(demo.emulator.requests).toHaveLength(1);
  });

  it('stops the answer on the server', async () => {
    await using demo = await open(20);
    const page = await demo.browser.see(demo.server.url, desktop);
    await ask(page, counting);
    await until(page, async () => (await textOf(page, 'live')).length > 20);
    await page.evaluate(`document.getElementById('stop').click()`);
    await until(page, isOver(page, 'The answer was stopped'));
    const [request] = demo.emulator.requests;
    expect((await demo.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });

  it('shows thoughts and calls, and what a model says is text and never markup', async () => {
    await using demo = await open(400);
    const page = await demo.browser.see(demo.server.url, desktop);
    await ask(page, 'What is the current time?');
    await until(page, isOver(page, 'The answer is complete'));
    expect(await textOf(page, 'calls')).toContain('current_time({}) → {"time":"');
    await ask(page, 'Say <img src=x onerror=alert(1)><b>bold</b>');
    await until(page, async () => (await textOf(page, 'live')).includes('<b>bold</b>'));
    expect(await page.evaluate(`document.querySelectorAll('#live *, #buffered *').length`)).toBe(0);
    expect(page.requested.every((url) => url.startsWith(demo.server.url) || url.startsWith('data:'))).toBe(true);
  });

  it.for([
    ['desktop, light', desktop],
    ['phone, dark', phone],
  ] as const)('has no fault that an accessibility check finds: %s', async ([name, view]) => {
    await using demo = await open(120);
    const page = await demo.browser.see(demo.server.url, view);
    await ask(page, 'Tell me about tides');
    await until(page, isOver(page, 'The answer is complete'));
    await until(page, async () => (await textOf(page, 'facts')).includes('Model'));
    const { WEB_DEMO_PICTURES: folder } = process.env;
    if (folder !== undefined) {
      const { data } = (await page.command('Page.captureScreenshot', {
        format: 'webp',
        quality: 70,
        captureBeyondViewport: true,
      })) as { data: string };
      await writeFile(`${folder}/${name.replaceAll(/\W+/g, '-')}.webp`, Buffer.from(data, 'base64'));
    }
    await page.evaluate(`document.getElementById('thoughts-box').open = true`);
    await page.evaluate(await readFile(axe, 'utf8'));
    await page.evaluate(
      `axe.run().then((found) => (window.found = found.violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join())))`,
    );
    while ((await page.evaluate('window.found === undefined')) === true) await sleep(20);
    expect(await page.evaluate('window.found')).toEqual([]);
    const isWide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
    expect(isWide).toBe(false);
  });
});

describe('the server of the demo', () => {
  it('answers to its own page alone, and refuses what it cannot serve', async () => {
    await using emulator = await createEmulator();
    await using server = await createDemoServer(createGemini({ baseUrl: emulator.url }));
    const status = async (path: string, init: RequestInit = {}): Promise<number> =>
      (await fetch(new URL(path, server.url), init)).status;
    const put = { method: 'PUT', body: 'hi' };
    const id = crypto.randomUUID();
    expect(await status(`streams/${id}`, { ...put, headers: { origin: 'https://evil.example' } })).toBe(403);
    expect(await status(`streams/${id}`, { ...put, headers: { 'sec-fetch-site': 'cross-site' } })).toBe(403);
    expect(await status(`streams/${id}`, { ...put, body: ' ' })).toBe(400);
    expect(await status(`streams/${id}`, { ...put, body: 'x'.repeat(10_001) })).toBe(413);
    expect(await status(`streams/${id}`)).toBe(404);
    expect(await status(`streams/${id}/facts`)).toBe(404);
    expect(await status('streams/short', put)).toBe(404);
    expect(await status('page/app.ts')).toBe(404);
    expect(emulator.requests).toHaveLength(0);
    const page = await fetch(server.url);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
