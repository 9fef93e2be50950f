import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createEmulator, type Emulator } from '../src/index.ts';
import { connectionScenarios } from '../src/scenarios/scenarios.ts';
import { prompt, readChunks } from './meet-scenario.ts';
import { ask, streamPath } from './raw-request.ts';

async function codeOf(url: string): Promise<string | undefined> {
  const send = url.startsWith('https') ? httpsRequest : httpRequest;
  const request = send(url + streamPath, { method: 'POST', timeout: 300 });
  request.on('timeout', () => request.destroy(Object.assign(new Error('No answer'), { code: 'TIMEOUT' })));
  request.end(ask(prompt));
  const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

async function trusted(
  emulator: Emulator,
  name: string,
): Promise<{ status: number | undefined; location: string | undefined }> {
  const request = httpsRequest((await emulator.urlOf(name)) + streamPath, { method: 'POST', ca: emulator.certificate });
  request.end(ask(prompt));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return { status: response.statusCode, location: response.headers.location };
}

async function overHttp2(emulator: Emulator, name: string): Promise<{ body: string; resetCode: number | undefined }> {
  const session = connectHttp2(await emulator.urlOf(name), { ca: emulator.certificate });
  const stream = session.request({ ':method': 'POST', ':path': streamPath });
  stream.end(ask(prompt));
  let body = '';
  stream.setEncoding('utf8').on('data', (text: string) => (body += text));
  await new Promise((resolve) => {
    stream.on('error', () => {}).once('close', resolve);
  });
  session.destroy();
  return { body, resetCode: stream.rstCode };
}

const rows: Readonly<Record<string, (emulator: Emulator) => Promise<void>>> = {
  async 'connection-refused'(emulator) {
    expect(await codeOf(await emulator.urlOf('connection-refused'))).toBe('ECONNREFUSED');
  },
  async 'connect-hangs'(emulator) {
    const { port } = new URL(await emulator.urlOf('connect-hangs'));
    const socket = connect(Number(port), '127.0.0.1');
    const connected = once(socket, 'connect').then(() => 'connected');
    expect(await Promise.race([connected, once(socket.setTimeout(300), 'timeout').then(() => 'waiting')])).toBe(
      'waiting',
    );
    socket.destroy();
  },
  async 'name-not-found'(emulator) {
    expect(await emulator.urlOf('name-not-found')).toMatch(/^http:\/\/[a-z]+\.invalid$/u);
  },
  async 'tls-unknown-issuer'(emulator) {
    expect(await codeOf(await emulator.urlOf('tls-unknown-issuer'))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await trusted(emulator, 'tls-unknown-issuer')).toMatchObject({ status: 200 });
  },
  async 'tls-expired'(emulator) {
    const { port } = new URL(await emulator.urlOf('tls-expired'));
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(new Date(socket.getPeerCertificate().valid_to).getTime()).toBeLessThan(Date.now());
    socket.destroy();
    expect(await codeOf(await emulator.urlOf('tls-expired'))).toMatch(/CERT/u);
  },
  async 'tls-wrong-name'(emulator) {
    const { port } = new URL(await emulator.urlOf('tls-wrong-name'));
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:elsewhere.example');
    socket.destroy();
  },
  async 'tls-handshake-hangs'(emulator) {
    expect(await codeOf(await emulator.urlOf('tls-handshake-hangs'))).toBe('TIMEOUT');
  },
  async 'redirect-https-to-http'(emulator) {
    const { status, location } = await trusted(emulator, 'redirect-https-to-http');
    expect(status).toBe(307);
    expect(location).toBe(`${emulator.url}/__redirected${streamPath}`);
  },
  async http2(emulator) {
    const { body, resetCode } = await overHttp2(emulator, 'http2');
    expect(readChunks(body).at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(resetCode).toBe(0);
    expect(emulator.requests[0]).toMatchObject({ httpVersion: '2.0', closedBy: 'server' });
  },
  async 'http2-reset'(emulator) {
    const { body, resetCode } = await overHttp2(emulator, 'http2-reset');
    expect(readChunks(body)).toHaveLength(3);
    expect(resetCode).toBe(2);
  },
};

describe('connection scenarios', () => {
  it('every connection scenario has a check', () => {
    expect(Object.keys(rows)).toEqual(connectionScenarios.map((scenario) => scenario.name));
  });

  it.for(Object.entries(rows))('the scenario %s matches its description', async ([, check]) => {
    await using emulator = await createEmulator();
    await check(emulator);
    expect(new URL(emulator.url).hostname).toBe('127.0.0.1');
  });

  it('a server that is started with a connection scenario has its address', async () => {
    await using emulator = await createEmulator({ scenario: 'connection-refused' });
    expect(await codeOf(emulator.url)).toBe('ECONNREFUSED');
  });
});
