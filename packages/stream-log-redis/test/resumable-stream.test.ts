import { createResumableStreamContext } from '@gemini/stream-log-redis/resumable-stream';
import { expect, it } from 'vitest';

it.for<[string, unknown, string]>([
  ['no options', undefined, 'expected an object with waitUntil'],
  ['no waitUntil', {}, 'waitUntil: expected a function or null, got undefined'],
  ['a near miss', { waitUntil: null, keyprefix: 'a' }, 'did you mean keyPrefix?'],
  [
    'a publisher of its own kind',
    { waitUntil: null, publisher: { publish() {}, connect() {} } },
    'client: expected a client of redis, ioredis or iovalkey',
  ],
])('%s is a TypeError', ([, options, message]) => {
  expect(() => createResumableStreamContext(options as never)).toThrow(message);
});

it('a negative number of characters is a TypeError, before Redis is needed', async () => {
  const context = createResumableStreamContext({ waitUntil: null });
  await expect(context.resumeExistingStream('a', -1)).rejects.toThrow(
    'skipCharacters: expected a number of at least 0',
  );
  await expect(context.resumableStream('a', () => new ReadableStream(), Number.NaN)).rejects.toThrow(TypeError);
});
