import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isForeign, readText } from '../src/check-request.ts';

const foreign = (headers: Record<string, string>): boolean => isForeign({ headers } as never);

describe('a request', () => {
  it.for([
    [{ host: '127.0.0.1:4300' }, false],
    [{ host: 'localhost:4300', origin: 'http://localhost:4300', 'sec-fetch-site': 'same-origin' }, false],
    [{ host: '[::1]:4300', 'sec-fetch-site': 'none' }, false],
    [{ host: 'rebound.example:4300' }, true],
    [{ host: '127.0.0.1.example' }, true],
    [{}, true],
    [{ host: '127.0.0.1:4300', origin: 'http://127.0.0.1:5000' }, true],
    [{ host: '127.0.0.1:4300', origin: 'null' }, true],
    [{ host: '127.0.0.1:4300', 'sec-fetch-site': 'cross-site' }, true],
    [{ host: '127.0.0.1:4300', 'sec-fetch-site': 'same-site' }, true],
  ] as const)('with %j is foreign: %j', ([headers, expected]) => {
    expect(foreign(headers as Record<string, string>)).toBe(expected);
  });

  it('is read up to a length', async () => {
    const body = (): never => Readable.from([Buffer.from('tid'), Buffer.from('es')]) as never;
    expect(await readText(body(), 5)).toBe('tides');
    expect(await readText(body(), 4)).toBeUndefined();
  });
});
