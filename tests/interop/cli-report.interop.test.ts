import { createEmulator, type Emulator } from '@gemini/emulator';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../apps/cli/test/run-command.ts';
import { openBrowser, type Browser, type View } from './open-browser.ts';

const hostile = `<script>pwned = 1</script><img src="https://evil.example/x.png" onerror="pwned = 1">"'\u202e </title></style>`;
const wire = Array.from({ length: 12 }, (_, index) => {
  const text = `${hostile} ${'long '.repeat(index * 4)}`;
  const end = index === 11 ? { finishReason: 'STOP' } : {};
  return `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...end }] })}\r\n\r\n`;
}).join('');

const views: readonly View[] = [
  { width: 1200, colorScheme: 'light' },
  { width: 1200, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 320, colorScheme: 'dark' },
];

let browser: Browser;
let emulator: Emulator;
let folder: string;

/** The facts about a page that only a browser knows. */
const lookAround = `(() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length > 0);
  const boxes = (selector) => shown(selector).map((one) => one.getBoundingClientRect());
  const overlaps = [...document.querySelectorAll('svg.timeline')].filter((svg) => {
    const ticks = [...svg.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect()).filter(({ width }) => width > 0);
    return ticks.some((tick, index) => index > 0 && tick.left < ticks[index - 1].right);
  });
  return {
    pwned: typeof pwned,
    scripts: document.scripts.length,
    images: document.images.length,
    sideways: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
    outside: boxes('svg.timeline *').filter(({ left, right }) => left < 0 || right > innerWidth).length,
    overlaps: overlaps.length,
    smallest: Math.min(...shown('svg.timeline text').map((text) => parseFloat(getComputedStyle(text).fontSize))),
    lanes: shown('.lane').length,
    arrived: shown('.timeline circle.arrived').length,
    background: getComputedStyle(document.body).backgroundColor,
  };
})()`;

beforeAll(async () => {
  browser = await openBrowser();
  emulator = await createEmulator({ recording: { body: Buffer.from(wire), chunkBytes: 'event', delayMs: 60 } });
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await emulator.close();
  await rm(folder, { recursive: true });
});

const pageOf = async (command: string, ...args: string[]): Promise<string> => {
  const path = join(folder, `${command}.html`);
  const { stderr } = await runCommand([command, ...args, '--report', path]);
  expect(stderr).toContain(path);
  return pathToFileURL(path).href;
};

describe.concurrent('the page', () => {
  it.for<[string, number, () => string[]]>([
    ['demo', 2, () => ['--recording', join(folder, 'answer.sse')]],
    ['verify', 2, () => ['--runs', '2', '--base-url', emulator.url, hostile]],
    ['doctor', 2, () => ['--quick', `${emulator.url}/${encodeURIComponent('<b>')}`, '--compare', emulator.url]],
  ])(
    'of %s is readable at every width, in light and dark, and does nothing but show',
    async ([command, lanes, args]) => {
      await writeFile(join(folder, 'answer.sse'), wire);
      const url = await pageOf(command, ...args());
      const backgrounds = new Set<string>();
      for (const view of views) {
        const page = await browser.see(url, view);
        const seen = (await page.evaluate(lookAround)) as Record<string, unknown>;
        expect(seen).toMatchObject({ pwned: 'undefined', scripts: 0, images: 0, sideways: 0, outside: 0, overlaps: 0 });
        expect(seen).toMatchObject({ lanes, arrived: lanes * 12 });
        expect(seen['smallest']).toBeGreaterThanOrEqual(12);
        expect(page.requested).toEqual([url]);
        expect(page.complaints).toEqual([]);
        backgrounds.add(String(seen['background']));
      }
      expect(backgrounds.size).toBe(2);
    },
  );
});
