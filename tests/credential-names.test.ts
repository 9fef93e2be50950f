import { createEmulator } from '@gemini/emulator';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { credentialName } from '../packages/http-streaming/src/redact.ts';
import { credentialName as emulatorsName } from '../packages/emulator/src/wire/redact.ts';
import { root } from './workspace-packages.ts';

const names = [
  'authorization',
  'proxy-authorization',
  'x-goog-api-key',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'cf-access-client-secret',
  'cookie',
  'ocp-apim-subscription-key',
  'x-amz-security-token',
];

describe('the names of credentials', () => {
  it('the transport and the emulator have the same rule', () => {
    expect(emulatorsName.source).toBe(credentialName.source);
  });

  it.for(names)('%s is redacted in the requests of the emulator and left out of a cassette', async (name) => {
    const file = join(await mkdtemp(join(tmpdir(), 'credentials-')), 'cassette.ndjson');
    const secret = 'secret-value-12345678';
    await using target = await createEmulator();
    {
      await using proxy = await createEmulator({ record: { target: target.url, file } });
      const url = `${proxy.url}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
      const body = JSON.stringify({ contents: [{ parts: [{ text: `Say ${secret}` }] }] });
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { [name]: secret, 'content-type': 'application/json' },
      });
      // A server that echoes the credential.
      expect(await response.text()).toContain(secret);
      expect(JSON.stringify(proxy.requests.map(({ headers }) => headers))).not.toContain(secret);
    }
    expect(await readFile(file, 'utf8')).not.toContain(secret);
  });

  it('a cassette that replaces a file is private', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'credentials-')), 'cassette.ndjson');
    await writeFile(file, 'old');
    await chmod(file, 0o644);
    await using target = await createEmulator();
    {
      await using _proxy = await createEmulator({ record: { target: target.url, file } });
    }
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(await readFile(file, 'utf8')).not.toContain('old');
  });
});

describe('the terminal', () => {
  const hostile = '\u001b]0;owned\u0007\u009b31m\u202e';

  it.for<readonly string[]>([
    ['--scenario', hostile],
    ['--replay', `/no/such/${hostile}`],
    ['--', `/no/such/${hostile}`],
    ['--port', hostile],
  ])('obeys nothing in the messages of gemini-emulator: %j', async (words) => {
    const main = join(root, 'packages/emulator/src/main.ts');
    const run = promisify(execFile)(process.execPath, ['--conditions=@gemini/source', main, ...words]);
    const { stderr } = await run.catch((error: unknown) => error as { stderr: string });
    expect(stderr).not.toBe('');
    // oxlint-disable-next-line no-control-regex -- the characters that must not be there
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });
});
