import { openEventStream } from '@gemini/http-streaming';
import { GoogleGenAI } from '@google/genai';
import { createParser } from 'eventsource-parser';
import { connect } from 'node:net';
import { Stream } from 'openai/core/streaming';
import { Agent, request } from 'undici';

interface Chunk {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
}

/** Reads one stream to its end, and tells of each event the microsecond at which it was written. */
export type Contestant = (url: string, onEvent: (writtenUs: number) => void) => Promise<void>;

const requestBody = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
const headers = { 'content-type': 'application/json' };
const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 });

const tell = (chunk: Chunk, onEvent: (writtenUs: number) => void): void => {
  onEvent(Number(chunk.candidates?.[0]?.content?.parts?.[0]?.text?.slice(0, 16)));
};
const parserOf = (onEvent: (writtenUs: number) => void) =>
  createParser({ onEvent: ({ data }) => tell(JSON.parse(data) as Chunk, onEvent) });

/** The bytes and nothing else: looks for the stamps in them, without decoding or parsing what is around. */
const rawSocket: Contestant = (url, onEvent) => {
  const { hostname, port, pathname, search } = new URL(url);
  const stamp = Buffer.from('"text":"');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-length: ${requestBody.length}\r\n\r\n${requestBody}`,
      );
    });
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      let end = 0;
      for (let at = bytes.indexOf(stamp); at !== -1; at = bytes.indexOf(stamp, end)) {
        if (at + 24 > bytes.length) break;
        end = at + 24;
        onEvent(Number(bytes.toString('latin1', at + 8, end)));
      }
      // A stamp may be cut by the end of a read.
      held = bytes.subarray(Math.max(end, bytes.length - 24));
    });
    socket.once('close', () => resolve()).once('error', reject);
  });
};

/** The plain composition by hand, with nothing around it: no limits, no errors, no verdict. */
const bare: Contestant = async (url, onEvent) => {
  const { body } = await request(url, { method: 'POST', headers, body: requestBody, dispatcher: agent });
  const parser = parserOf(onEvent);
  const decoder = new TextDecoder();
  await new Promise<void>((resolve, reject) => {
    body
      .on('data', (chunk: Buffer) => parser.feed(decoder.decode(chunk, { stream: true })))
      .once('end', () => resolve())
      .once('error', reject);
  });
};

const ours: Contestant = async (url, onEvent) => {
  const stream = await openEventStream({ url, body: requestBody, headers });
  await new Promise<void>((resolve, reject) => {
    stream.consume({
      event: ({ data }) => tell(JSON.parse(data) as Chunk, onEvent),
      end: () => resolve(),
      error: reject,
    });
  });
};

const oursIterated: Contestant = async (url, onEvent) => {
  const stream = await openEventStream({ url, body: requestBody, headers });
  for await (const { data } of stream) tell(JSON.parse(data) as Chunk, onEvent);
};

const fetched: Contestant = async (url, onEvent) => {
  const { body } = await fetch(url, { method: 'POST', headers, body: requestBody });
  const parser = parserOf(onEvent);
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
};

const openai: Contestant = async (url, onEvent) => {
  const response = await fetch(url, { method: 'POST', headers, body: requestBody });
  for await (const chunk of Stream.fromSSEResponse<Chunk>(response, new AbortController())) tell(chunk, onEvent);
};

/** It appends its own path to the requested one. */
const genai: Contestant = async (url, onEvent) => {
  const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: url } });
  for await (const chunk of await models.generateContentStream({ model: 'gemini-flash-latest', contents: 'hi' })) {
    tell(chunk, onEvent);
  }
};

/** By name. `bare` and `raw socket` are what the others are measured by. */
export const contestants: Readonly<Record<string, Contestant>> = {
  'raw socket': rawSocket,
  bare,
  'http-streaming, consume': ours,
  'http-streaming, for await': oursIterated,
  'fetch + eventsource-parser': fetched,
  openai,
  '@google/genai': genai,
};
