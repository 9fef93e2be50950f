import { describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';
import { SuiteEmulator } from '../src/suite-emulator.ts';
import { useEmulator } from '../src/vitest.ts';

async function ask(url: string, prompt: string): Promise<string> {
  const body = JSON.stringify({ contents: [{ parts: [{ text: prompt }] }] });
  const response = await fetch(`${url}/v1beta/models/gemini-flash-latest:generateContent`, { method: 'POST', body });
  if (!response.ok) return String(response.status);
  const { candidates } = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] };
  return candidates[0]?.content.parts.map(({ text }) => text).join('') ?? '';
}

let firstUrl = '';

describe('useEmulator of vitest', () => {
  const { emulator, clientOptions } = useEmulator({ script: [{ reply: { text: 'from the script' } }] });

  it('cannot be read before the tests', () => {
    const { emulator: early, clientOptions: earlyOptions } = new SuiteEmulator({}).use();
    expect(() => early.url).toThrow('useEmulator: the emulator starts before the first test');
    expect(() => earlyOptions.baseUrl).toThrow('read it inside of a test or a hook');
  });

  it('runs an emulator, whose address clients take', async () => {
    firstUrl = emulator.url;
    expect(clientOptions).toEqual({ baseUrl: emulator.url, apiKey: 'emulator' });
    emulator.answer('weather', ['It is ', 'raining.'], 1);
    expect(await ask(clientOptions.baseUrl, 'How is the weather?')).toBe('It is raining.');
    expect(await ask(clientOptions.baseUrl, 'How is the weather?')).toBe('from the script');
    emulator.answer('weather', 'left for the next test');
    const [first] = await emulator.whenReceived(2);
    expect((await emulator.whenClosed(first?.id ?? '')).status).toBe(200);
  });

  it('is the same emulator in the next test, without what the last one left', async () => {
    expect(emulator.url).toBe(firstUrl);
    expect(emulator.requests).toEqual([]);
    expect(await ask(emulator.url, 'How is the weather?')).toBe('from the script');
  });
});

describe('after the suite', () => {
  it('the emulator is closed', async () => {
    await expect(fetch(firstUrl)).rejects.toThrow('fetch failed');
  });
});

describe('answer', () => {
  it('takes a match and a whole answer, and the last call comes first', async () => {
    await using emulator = await createEmulator();
    emulator.answer(/./, 'second');
    emulator.answer({ turn: 1 }, { error: { status: 'UNAVAILABLE', message: 'Come back later.' } }, 1);
    expect([await ask(emulator.url, 'hi'), await ask(emulator.url, 'hi')]).toEqual(['503', 'second']);
    await emulator.reset();
    expect(await ask(emulator.url, 'Say hello')).toBe('hello');
  });

  it.for<[given: readonly unknown[], message: string]>([
    [[3, 'x'], 'answer: expected a text, a regular expression or a match, got number'],
    [['x', undefined], 'answer: expected a text, a list of texts or an answer, got undefined'],
    [['x', 'y', 0], 'answer: expected times above 0, got 0'],
  ])('refuses %j', async ([given, message]) => {
    await using emulator = await createEmulator();
    expect(() => emulator.answer(...(given as Parameters<Emulator['answer']>))).toThrow(new TypeError(message));
  });
});
