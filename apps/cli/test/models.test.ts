import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';
import { serve } from './serve.ts';

const pages: Readonly<Record<string, object>> = {
  '': {
    models: [
      {
        name: 'models/gemini-a',
        inputTokenLimit: 1000,
        outputTokenLimit: 20,
        supportedGenerationMethods: ['generateContent'],
      },
      { name: 'models/embedding', supportedGenerationMethods: ['embedContent'] },
    ],
    nextPageToken: 'next',
  },
  next: { models: [{ name: 'models/gemini-b\u001b[2J', displayName: '\u202eB' }, { name: 3 }, null] },
};

async function serveModels(seen: string[] = []) {
  return serve((request, response) => {
    seen.push(`${request.url} ${String(request.headers['x-goog-api-key'])}`);
    const token = new URL(request.url ?? '', 'http://x').searchParams.get('pageToken') ?? '';
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pages[token]));
  });
}

describe('gemini-stream models', { timeout: commandTimeoutMs }, () => {
  it('lists the models of all pages that stream answers, with their limits', async () => {
    const seen: string[] = [];
    await using server = await serveModels(seen);
    const run = await runCommand(['models'], {
      env: { GEMINI_BASE_URL: `${server.url}/gateway/`, GEMINI_API_KEY: 'k-1' },
    });
    expect(run).toEqual({
      stdout: 'gemini-a      1,000 in, 20 out\ngemini-b␛[2J                    <202E>B\n',
      stderr: '',
      exitCode: 0,
    });
    expect(seen).toEqual([
      '/gateway/v1beta/models?pageSize=1000 k-1',
      '/gateway/v1beta/models?pageSize=1000&pageToken=next k-1',
    ]);
  });

  it('lists the others too with --all, and only those with the given words', async () => {
    await using server = await serveModels();
    expect((await runHere(['models', '--all', '--base-url', server.url, 'emb'])).stdout).toBe('embedding\n');
    const none = await runHere(['models', '--base-url', `${server.url}/v1`, 'emb']);
    expect(none).toMatchObject({ stdout: '', exitCode: 0 });
    expect(none.stderr).toContain('--all');
  });

  it('prints a line of JSON for each model, and one end', async () => {
    await using emulator = await createEmulator({ models: ['my-model'] });
    const { stdout, exitCode } = await runHere(['models', '--json', '--base-url', emulator.url, 'm']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toEqual({ type: 'end', status: 'completed', models: lines.length - 1 });
    expect(lines.at(-2)).toMatchObject({ type: 'model', name: 'my-model', inputTokenLimit: 1_048_576 });
    expect(exitCode).toBe(0);
  });

  it('reports a refusal and a lost server with their exit codes', async () => {
    await using emulator = await createEmulator();
    const env = { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'bad-key' };
    const refused = await runCommand(['models', '--json'], { env });
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ type: 'end', status: 'failed', error: { code: 'api-error' } });
    expect(refused.stderr).toMatch(/^gemini-stream: API key not valid.*: check GEMINI_API_KEY\n$/);
    await using gone = await createEmulator({ scenario: 'connection-refused' });
    expect((await runHere(['models', '--base-url', gone.url])).exitCode).toBe(3);
  });

  it.for([
    [['models', '--vertex'], 'Model Garden'],
    [['models', '--base-url', 'nowhere'], '--base-url: expected a URL'],
    [['models', '--base-url', 'http://a.example'], 'unencrypted'],
    [['models'], 'no API key'],
  ] as const)('refuses %j in one line', async ([words, message]) => {
    const isKeyless = words.length === 1;
    const run = await runCommand(words, { env: isKeyless ? {} : { GEMINI_API_KEY: 'k' } });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^gemini-stream: [^\n]*${message}[^\n]*\n$`));
  });
});
