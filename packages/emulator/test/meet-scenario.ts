import { createEmulator, type Emulator, type EmulatorRequest } from '../src/index.ts';
import { ask, rawRequest, type RawResponse, streamPath } from './raw-request.ts';

/** A prompt whose answer has characters of several bytes. */
export const prompt = 'Tell me about naïve rivers – in 80 words';

/** The fields of a chunk that tests use. */
export interface Chunk {
  candidates?: {
    content?: {
      parts?: { text?: string; thought?: boolean; thoughtSignature?: string; functionCall?: Record<string, unknown> }[];
    };
    finishReason?: string;
    index?: number;
    continuationToken?: string;
  }[];
  promptFeedback?: { blockReason: string; blockReasonMessage?: string };
  usageMetadata?: Record<string, unknown>;
  error?: { code?: number; status: string; message: string };
}

/** Parses the payloads of server-sent events by the standard. An event without its blank line is left out. */
export function readPayloads(body: string): string[] {
  const payloads: string[] = [];
  let data: string[] = [];
  const lines = body.replace(/^\u{FEFF}/u, '').split(/\r\n|\n|\r/u);
  for (const line of lines.slice(0, -1)) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /u, ''));
    if (line !== '' || data.length === 0) continue;
    payloads.push(data.join('\n'));
    data = [];
  }
  return payloads;
}

/** Parses the chunks of a body of server-sent events. */
export function readChunks(body: string): Chunk[] {
  return readPayloads(body).map((payload) => JSON.parse(payload) as Chunk);
}

/** Returns the text of one candidate over all chunks, without thoughts. */
export function textOf(chunks: readonly Chunk[], index = 0): string {
  const candidates = chunks
    .flatMap((chunk) => chunk.candidates ?? [])
    .filter((candidate) => (candidate.index ?? 0) === index);
  const parts = candidates.flatMap((candidate) => candidate.content?.parts ?? []);
  return parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
}

/** One request to a scenario: its response, and its record in the emulator. */
export interface Meeting {
  readonly response: RawResponse;
  readonly request: EmulatorRequest;
  /** The answer that a server without faults gives. */
  readonly plain: string;
}

/** The time in which a silent scenario must send nothing. */
const silenceMs = 50;

async function leaveSilence(emulator: Emulator, name: string): Promise<void> {
  await emulator.whenReceived(2);
  await new Promise((resolve) => {
    setTimeout(resolve, name === 'silence-before-headers' ? silenceMs : 60_000).unref();
  });
}

/** Sends one request to the path of a scenario, over a bare socket. */
export async function meetScenario(name: string, until?: (seen: string) => boolean): Promise<Meeting> {
  await using emulator = await createEmulator();
  const plain = textOf(readChunks((await rawRequest(emulator.url, streamPath, { body: ask(prompt) })).body));
  const response = await rawRequest(emulator.url, `/__scenario/${name}${streamPath}`, {
    body: ask(prompt),
    until,
    leave: leaveSilence(emulator, name),
  });
  const request = emulator.requests[1];
  if (request !== undefined) await emulator.whenClosed(request.id);
  if (request === undefined) throw new Error('The emulator has recorded no request');
  return { response, request, plain };
}
