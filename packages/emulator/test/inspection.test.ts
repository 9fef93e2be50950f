import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createEmulator } from '../src/index.ts';
import type { RequestRecord } from '../src/server/request-log.ts';
import { RequestLog } from '../src/server/request-log.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

/** Sends a request over a socket that is not read. */
function openUnread(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
    socket.pause();
    socket.write(
      `POST ${streamPath} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${ask('x').length}\r\n\r\n${ask('x')}`,
    );
  });
  return socket;
}

describe('the inspection', () => {
  it('requests are listed and cleared by prefix, for parallel tests', async () => {
    await using emulator = await createEmulator();
    const list = async (prefix: string): Promise<string[]> => {
      const { body } = await rawRequest(emulator.url, `/__emulator/requests?prefix=${prefix}`, { method: 'GET' });
      return (JSON.parse(body) as { requests: { path: string }[] }).requests.map(({ path }) => path);
    };
    await rawRequest(emulator.url, `/one${streamPath}&key=secret-key`, { body: ask('a') });
    await rawRequest(emulator.url, `/one-more${streamPath}`, { body: ask('b') });
    expect(await list('/one')).toEqual([`/one${streamPath}&key=[redacted]`]);
    expect(await list('')).toHaveLength(2);
    await rawRequest(emulator.url, '/__emulator/requests?prefix=/one', { method: 'DELETE' });
    expect(await list('')).toEqual([`/one-more${streamPath}`]);
  });

  it('a request shows its headers, its writes with their times, and who ended it', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 20 } });
    await rawRequest(emulator.url, streamPath, {
      body: ask('Tell me about rivers'),
      headers: { authorization: 'Bearer secret' },
      until: (seen) => seen.includes('data: '),
    });
    const request = await emulator.whenClosed('request-1');
    expect(request).toMatchObject({
      method: 'POST',
      status: 200,
      closedBy: 'client',
      headers: { authorization: '[redacted]' },
      body: { contents: [{ role: 'user' }] },
    });
    expect(request.bytesWritten).toBe(request.writes.reduce((sum, { bytes }) => sum + bytes, 0));
    const times = [request.receivedAt, ...request.writes.map(({ atMs }) => atMs), request.closedAt ?? 0];
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    const { body } = await rawRequest(emulator.url, '/__emulator/requests/request-1', { method: 'GET' });
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(request)));
  });

  it('a request reports that its writes are blocked while the client does not read, and that they continue later', async () => {
    await using emulator = await createEmulator({ scenario: 'endless-comments' });
    const socket = openUnread(emulator.url);
    await emulator.whenReceived(1);
    const stuck = await emulator.whenBackpressured('request-1');
    expect(stuck).toMatchObject({ backpressured: true });
    expect(stuck.bytesWritten).toBeGreaterThan(64 * 1024);
    expect(stuck.backpressuredAt).toBeGreaterThanOrEqual(stuck.receivedAt);
    const { bytesWritten } = stuck;
    socket.resume();
    await vi.waitUntil(() => stuck.bytesWritten > bytesWritten, { timeout: 10_000 });
    socket.pause();
    const again = await emulator.whenBackpressured('request-1');
    expect(again.bytesWritten).toBeGreaterThan(bytesWritten);
    socket.destroy();
    expect(await emulator.whenClosed('request-1')).toMatchObject({ closedBy: 'client', backpressured: false });
    expect(again.backpressuredAt).toBeLessThanOrEqual(again.closedAt ?? 0);
  });

  it('no write is blocked if the client reads, and a wait for a blocked write rejects when the request ends', async () => {
    await using emulator = await createEmulator();
    const [ended] = await Promise.allSettled([
      emulator.whenBackpressured('request-1'),
      rawRequest(emulator.url, streamPath, { body: ask('Count from 1 to 100') }),
    ]);
    expect(String(ended.status === 'rejected' && ended.reason)).toContain('expected a blocked write, but the request');
    expect(emulator.requests[0]).toMatchObject({ closedBy: 'server', backpressured: false });
    expect(emulator.requests[0]?.backpressuredAt).toBeUndefined();
  });

  it('the inspection shows the URL of each scenario', async () => {
    await using emulator = await createEmulator();
    const get = async (path: string): Promise<unknown> =>
      JSON.parse((await rawRequest(emulator.url, path, { method: 'GET' })).body);
    expect(await get('/__emulator/scenarios')).toHaveProperty('scenarios.0.name');
    expect(await get('/__emulator/scenarios/html-page')).toHaveProperty('url', `${emulator.url}/__scenario/html-page`);
    expect(await get('/__emulator/scenarios/tls-expired')).toHaveProperty('url', expect.stringMatching(/^https:/u));
    expect(await get('/__emulator/nothing')).toHaveProperty('error.code', 404);
  });

  it('the array of requests stays the same after a reset', async () => {
    await using emulator = await createEmulator();
    const { requests } = emulator;
    await rawRequest(emulator.url, streamPath, { body: ask('a') });
    expect(requests).toHaveLength(1);
    await emulator.reset();
    expect(requests).toHaveLength(0);
  });
});

describe('the log of requests', () => {
  const recordOf = (id: string, textBytes: number): RequestRecord => ({
    id,
    method: 'POST',
    path: '/x',
    prefix: '',
    httpVersion: '1.1',
    headers: {},
    body: undefined,
    requestBytes: 0,
    receivedAt: 0,
    writes: [{ atMs: 0, bytes: textBytes, text: 'x'.repeat(textBytes) }],
    writesCount: 1,
    bytesWritten: textBytes,
    backpressured: false,
    closedAt: 1,
  });

  it('the log drops the oldest finished requests above its limits, and none that is being answered', () => {
    const log = new RequestLog();
    const add = (record: RequestRecord): void => {
      log.add(record);
      log.close(record);
    };
    log.add({ ...recordOf('open', 0), closedAt: undefined });
    for (let index = 0; index < 10_100; index += 1) add(recordOf(`small-${index}`, 1));
    expect(log.requests).toHaveLength(10_000);
    expect(log.requests.slice(0, 2).map(({ id }) => id)).toEqual(['open', 'small-101']);
    for (let index = 0; index < 6; index += 1) add(recordOf(`large-${index}`, 60 * 1024 * 1024));
    expect(log.requests.map(({ id }) => id)).toEqual(['open', 'large-2', 'large-3', 'large-4', 'large-5']);
    log.clear();
    add(recordOf('after', 1));
    expect(log.requests.map(({ id }) => id)).toEqual(['after']);
  });
});
