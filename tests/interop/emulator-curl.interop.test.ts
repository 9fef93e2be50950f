import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const post = (body: object): string[] => [
  '-sS',
  '-H',
  'content-type: application/json',
  '-H',
  'x-goog-api-key: any-key',
  '-d',
  JSON.stringify(body),
];
const user = (text: string): object => ({ contents: [{ role: 'user', parts: [{ text }] }] });

async function curl(url: string, ...args: readonly string[]): Promise<string> {
  return (await run('curl', [...args, url])).stdout;
}

describe('curl against the emulator', () => {
  const streamOf = (base: string): string => `${base}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
  const generateOf = (base: string): string => `${base}/v1beta/models/gemini-flash-latest:generateContent`;

  it('streams text', async () => {
    await using emulator = await createEmulator();
    const body = await curl(streamOf(emulator.url), '-N', ...post(user('Count from 1 to 3')));
    expect(body).toMatch(/^data: \{.*"text":"1,".*\}\r\n\r\ndata: /u);
  });

  it("sends Google's own snake_case example: structured output, thoughts and tools", async () => {
    await using emulator = await createEmulator();
    const structured = {
      ...user('Two cities'),
      generation_config: {
        response_mime_type: 'application/json',
        response_schema: { type: 'ARRAY', items: { type: 'STRING' } },
      },
    };
    const thoughtful = {
      ...user('Tell me about rivers'),
      generation_config: { thinking_config: { include_thoughts: true } },
    };
    const calling = { ...user('What is the weather?'), tools: [{ function_declarations: [{ name: 'get_weather' }] }] };
    const ask = async (body: object): Promise<unknown> =>
      JSON.parse(await curl(generateOf(emulator.url), ...post(body)));
    expect(
      JSON.parse(
        ((await ask(structured)) as { candidates: [{ content: { parts: [{ text: string }] } }] }).candidates[0].content
          .parts[0].text,
      ),
    ).toEqual(expect.any(Array));
    expect(await ask(thoughtful)).toHaveProperty('candidates.0.content.parts.0.thought', true);
    expect(await ask(calling)).toHaveProperty('candidates.0.content.parts.0.functionCall.name', 'get_weather');
  });

  it('talks over several turns, tool answers included', async () => {
    await using emulator = await createEmulator();
    const contents = [
      { role: 'user', parts: [{ text: 'What is the weather?' }] },
      { role: 'model', parts: [{ functionCall: { name: 'get_weather', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { sky: 'clear' } } }] },
    ];
    expect(await curl(generateOf(emulator.url), ...post({ contents }))).toContain('clear');
  });

  it('counts tokens and lists models', async () => {
    await using emulator = await createEmulator();
    const counted = await curl(
      `${emulator.url}/v1beta/models/gemini-flash-latest:countTokens`,
      ...post(user('hi there')),
    );
    expect(JSON.parse(counted)).toHaveProperty('totalTokens', 2);
    expect(JSON.parse(await curl(`${emulator.url}/v1beta/models?key=any-key`, '-sS'))).toHaveProperty('models.0.name');
  });

  it('meets a 429, and follows Retry-After to an answer', async () => {
    await using emulator = await createEmulator();
    const refused = await curl(
      generateOf(`${emulator.url}/__scenario/quota-per-day`),
      ...post(user('hi')),
      '-w',
      '%{http_code}',
    );
    expect(refused).toMatch(/429$/u);
    const retried = await curl(
      generateOf(`${emulator.url}/__scenario/quota-retry-after`),
      ...post(user('hi')),
      '--retry',
      '1',
    );
    expect(retried).toContain('"finishReason": "STOP"');
    expect(emulator.requests).toHaveLength(3);
  });

  it('is seen to leave when it is killed', async () => {
    await using emulator = await createEmulator();
    const child: ChildProcess = spawn(
      'curl',
      ['-N', ...post(user('hi')), streamOf(`${emulator.url}/__scenario/long-and-healthy`)],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.kill();
    expect((await emulator.whenClosed('request-1')).closedBy).toBe('client');
  });

  it('continues with a continuation token', async () => {
    await using emulator = await createEmulator();
    const base = `${emulator.url}/__scenario/continuation`;
    const first = await curl(streamOf(base), '-N', ...post(user('Count from 1 to 9')));
    const token = /"continuationToken":"([^"]+)"/u.exec(first)?.[1];
    const second = await curl(
      streamOf(base),
      '-N',
      ...post({ ...user('Count from 1 to 9'), continuationToken: token }),
    );
    expect(
      [first, second].map((text) => [...text.matchAll(/"text":"([^"]*)"/gu)].map(([, piece]) => piece).join('')),
    ).toEqual(['1, 2, 3,', ' 4, 5, 6, 7, 8, 9.']);
  });
});
