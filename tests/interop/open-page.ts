import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Opens a page in a browser of its own. Throws when there is no Chromium: these tests are not for skipping. */
export function openPage(url: string): AsyncDisposable {
  accessSync(chromium, constants.X_OK);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet];
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true });
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(browser, 'close');
      // The browser's own processes are in its group.
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
      await closed;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
