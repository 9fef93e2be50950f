import { GeminiError } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';
import { failureText } from '../src/failure-text.ts';
import { runHere } from './run-here.ts';

it('begins with the words of the server, and ends with the remedy', async () => {
  await using emulator = await createEmulator();
  const { stderr } = await runHere(['--base-url', emulator.url, '-m', 'gemini-nope', 'hi']);
  expect(stderr).toMatch(
    /^gemini-stream: models\/gemini-nope is not found .* \(404 NOT_FOUND\): gemini-stream models lists .*\n$/,
  );
});

it('names the server that refuses connections, and the option', async () => {
  await using emulator = await createEmulator({ scenario: 'connection-refused' });
  const { stderr } = await runHere(['--base-url', emulator.url, 'hi']);
  expect(stderr).toBe(
    `gemini-stream: ${new URL(emulator.url).host} refuses connections: check --base-url, or the network\n`,
  );
});

it('names the environment variable of a refused key', () => {
  const error = new GeminiError('api-error', '400 INVALID_ARGUMENT: API key not valid.\nPass a valid one.', {
    status: 400,
    reason: 'INVALID_ARGUMENT',
  });
  const words = 'API key not valid. Pass a valid one (400 INVALID_ARGUMENT)';
  expect(failureText(error, { GEMINI_API_KEY: 'x', GOOGLE_API_KEY: 'y' })).toBe(`${words}: check GOOGLE_API_KEY`);
  expect(failureText(error, {})).toBe(`${words}: set GEMINI_API_KEY`);
});

it('names the wait after a used up quota, and the way to another model', () => {
  const error = new GeminiError('api-error', '429 RESOURCE_EXHAUSTED: Quota exceeded', {
    status: 429,
    retryAfterMs: 4_200,
  });
  expect(failureText(error)).toBe(
    'Quota exceeded (429 RESOURCE_EXHAUSTED): try again in 5 s, or name more models: --model FIRST,NEXT',
  );
});

it.for([
  [{}, 'baseUrl: expected a URL, got "x"', '--base-url: expected a URL, got "x"'],
  [{ GEMINI_BASE_URL: 'x' }, 'baseUrl: expected a URL, got "x"', 'GEMINI_BASE_URL: expected a URL, got "x"'],
  [{ GEMINI_MODEL: 'y' }, 'model: expected a name, got "../x"', '--model: expected a name, got "../x"'],
  [{}, 'vertex.location: expected a region, got "x y"', '--location: expected a region, got "x y"'],
  [{}, 'history[0].role: expected user or model', 'history[0].role: expected user or model'],
] as const)('names the setting as it was given: %j', ([env, message, shown]) => {
  expect(failureText(new TypeError(message), env)).toBe(shown);
});

it('never shows an option of the client that the command does not have', () => {
  const insecure = new GeminiError(
    'insecure-base-url',
    'the credentials would be sent unencrypted to a.example: use https, or pass allowInsecure: true',
  );
  expect(failureText(insecure)).toBe('the credentials would be sent unencrypted to a.example: use an https URL');
});
