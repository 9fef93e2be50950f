import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectedData, serveCutExample } from './stream-manager-example.ts';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Opens a page in a browser of its own. Throws when there is no Chromium: these tests are not for skipping. */
function openPage(url: string): AsyncDisposable {
  accessSync(chromium, constants.X_OK);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const browser = spawn(
    chromium,
    ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet, `--user-data-dir=${profile}`, url],
    { stdio: 'ignore', detached: true },
  );
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(browser, 'close');
      // Its helpers are in its process group.
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
      await closed;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

it("a browser's own EventSource follows a stream through three cuts, and stays away after the end", async () => {
  await using example = await serveCutExample(3, 8);
  const path = await example.start(60);
  await using _page = openPage(`${example.url}/?follow=${encodeURIComponent(path)}`);
  const { events, ends, opens } = await example.report;
  expect(events.map(([, data]) => data)).toEqual(expectedData(60));
  expect(events.map(([id]) => Number(id.split('-')[1]))).toEqual(events.map((_, index) => index));
  expect(ends).toEqual(['{"status":"completed","eventsCount":62}']);
  expect(opens).toBe(4);
  expect(example.answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204]);
  expect(example.answers.slice(1).every(({ lastEventId }) => lastEventId !== undefined)).toBe(true);
});
