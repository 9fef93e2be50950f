import { createStreamingFetch } from '@gemini/fetch';
import { describe, expect, it } from 'vitest';
import { type ModelReply, serveModel, type Step } from './model-server.ts';
import { anthropicWire, type Frame, framesBefore, frameText, type ModelWire, openAiWire } from './model-wires.ts';
import { fetchWithEnds, readBody } from './read-body.ts';

const textOf = (frames: readonly Frame[]): string => frames.map(frameText).join('');
const replyOf = (text: string, more: Partial<ModelReply> = {}): ModelReply => ({
  ...more,
  steps: [{ type: 'write', bytes: text }, { type: 'end' }],
});

const bodies: Readonly<Record<ModelWire['name'], object>> = {
  openai: { model: 'gpt-test', messages: [], stream: true },
  anthropic: { model: 'claude-test', messages: [], stream: true },
};

async function ask(
  wire: Pick<ModelWire, 'name' | 'path'>,
  reply: ModelReply,
  options = {},
  body: object = bodies[wire.name],
) {
  await using server = await serveModel([reply]);
  const { fetch, ends } = fetchWithEnds({ idleTimeoutMs: 300, ...options });
  const response = await fetch(`${server.url}${wire.path}`, {
    method: 'POST',
    headers: { accept: 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'a-long-test-key' },
    body: JSON.stringify(body),
  });
  const outcome = await readBody(response);
  return { response, ends, requests: server.requests, ...outcome };
}

describe.for([openAiWire, anthropicWire])('a stream in the wire of $name', (wire) => {
  const whole = textOf(wire.frames);

  it('is handed on with the names of its events, whatever else is written around them', async () => {
    const noisy = `\uFEFF: hello\n${whole}`.replaceAll('\n\n', '\nid: 4\n: ping\n\n').replaceAll('\n', '\r\n');
    const { text, error, ends } = await ask(wire, replyOf(noisy));
    expect(error).toBeUndefined();
    expect(text).toBe(whole);
    expect(ends).toMatchObject([{ error: undefined, usage: expect.anything() }]);
  });

  it('reports the token counts of its end', async () => {
    const { ends } = await ask(wire, replyOf(whole));
    const counts =
      wire.name === 'openai' ? { prompt_tokens: 3, total_tokens: 8 } : { input_tokens: 3, output_tokens: 5 };
    expect(ends[0]?.usage).toMatchObject(counts);
  });

  it('is not whole without its end, and keeps what came', async () => {
    const { text, error } = await ask(wire, replyOf(textOf(framesBefore(wire, 3))));
    expect(text).toBe(textOf(framesBefore(wire, 3)));
    expect(error).toMatchObject({ code: 'truncated' });
  });

  it('is not judged with `completeness: false`', async () => {
    const { error } = await ask(wire, replyOf(textOf(framesBefore(wire, 3))), { completeness: false });
    expect(error).toBeUndefined();
    const cut = await ask(wire, replyOf(`${textOf(framesBefore(wire, 3))}data: {"a`), { completeness: false });
    expect(cut.error).toMatchObject({ code: 'truncated' });
  });

  it('ends with an error that came as an event', async () => {
    const frame = wire.errorFrame('overloaded_error', 'Too much.');
    const { text, error, ends } = await ask(wire, replyOf(textOf([...framesBefore(wire, 2), frame])));
    expect(error).toBeUndefined();
    expect(text.endsWith(frameText(frame))).toBe(true);
    expect(ends).toMatchObject([{ error: { code: 'api-error', status: 529 } }]);
  });

  it('is known by its first event where the request does not name it', async () => {
    const elsewhere = { name: wire.name, path: '/gateway' };
    const { error } = await ask(elsewhere, replyOf(textOf(framesBefore(wire, 3))));
    expect(error).toMatchObject({ code: 'truncated' });
  });
});

describe('the choices of a chat completion', () => {
  const chunk = (index: number, finish: string | null) => ({
    data: JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index, delta: {}, finish_reason: finish }] }),
  });

  it.for<[string, readonly Frame[], string | undefined]>([
    ['all finished', [chunk(0, null), chunk(1, null), chunk(0, 'stop'), chunk(1, 'length')], undefined],
    ['one is not', [chunk(0, null), chunk(1, null), chunk(0, 'stop')], 'truncated'],
    ['none is there', [{ data: '{"object":"chat.completion.chunk","choices":[]}' }], 'truncated'],
    ['only the sentinel is there', [{ data: '[DONE]' }], undefined],
  ])('decide whether it is whole without its sentinel: %s', async ([, frames, code]) => {
    const { error } = await ask(openAiWire, replyOf(textOf(frames)));
    expect((error as { code?: string } | undefined)?.code).toBe(code);
  });
});

describe('a stream of the Responses API', () => {
  const wire = { name: 'openai', path: '/v1/responses' } as const;
  const body = { model: 'gpt-test', input: 'hi', stream: true };
  const frame = (type: string, more: object = {}): Frame => ({ name: type, data: JSON.stringify({ type, ...more }) });
  const begin = [
    frame('response.created'),
    frame('response.output_text.delta', { delta: '"type":"response.completed"' }),
  ];

  it.for<[string, readonly Frame[], string | undefined]>([
    [
      'response.completed',
      [...begin, frame('response.completed', { response: { usage: { total_tokens: 3 } } })],
      undefined,
    ],
    ['response.incomplete', [...begin, frame('response.incomplete', { response: {} })], undefined],
    ['response.failed', [...begin, frame('response.failed', { response: {} })], undefined],
    ['its words in a text', begin, 'truncated'],
    ['an error', [...begin, frame('error', { message: 'no', code: 'server_error' })], undefined],
  ])('ends with %s', async ([, frames, code]) => {
    const { error } = await ask(wire, replyOf(textOf(frames)), {}, body);
    expect((error as { code?: string } | undefined)?.code).toBe(code);
  });
});

describe('a stream of the Interactions API', () => {
  const wire = { name: 'openai', path: '/v1beta/interactions' } as const;
  const frame = (type: string, more: object = {}): Frame => ({
    name: type,
    data: JSON.stringify({ event_type: type, ...more }),
  });
  const begin = [
    frame('interaction.created', { interaction: { id: 'v1_a', status: 'in_progress' } }),
    frame('step.delta', { index: 0, delta: { type: 'text', text: 'hi' } }),
  ];
  const completed = (status: string) =>
    frame('interaction.completed', { interaction: { status, usage: { total_tokens: 3 } } });
  const done: Frame = { name: 'done', data: '[DONE]' };

  it.for<[string, readonly Frame[], string | undefined]>([
    ['completed', [...begin, completed('completed'), done], undefined],
    ['completed, without a sentinel', [...begin, completed('completed')], undefined],
    ['requires_continuation', [...begin, completed('requires_continuation'), done], undefined],
    [
      'a status update that is an end',
      [...begin, frame('interaction.status_update', { status: 'cancelled' })],
      undefined,
    ],
    [
      'a status update that is not an end',
      [...begin, frame('interaction.status_update', { status: 'in_progress' })],
      'truncated',
    ],
    ['the sentinel alone', [...begin, done], 'truncated'],
    ['an error', [...begin, frame('error', { error: { code: 'rate_limit_exceeded', message: 'Slowly.' } })], undefined],
  ])('ends with %s', async ([, frames, code]) => {
    const { error, text } = await ask(wire, replyOf(textOf(frames)), {}, { model: 'm', input: 'hi', stream: true });
    expect((error as { code?: string } | undefined)?.code).toBe(code);
    expect(text).toBe(textOf(frames));
  });

  it('reports its token counts, and the status of an error', async () => {
    const whole = await ask(wire, replyOf(textOf([...begin, completed('completed')])), {}, { stream: true });
    expect(whole.ends).toMatchObject([{ usage: { total_tokens: 3 } }]);
    const failed = frame('error', { error: { code: 'rate_limit_exceeded', message: 'Slowly.' } });
    const { ends } = await ask(wire, replyOf(textOf([...begin, failed])), {}, { stream: true });
    expect(ends).toMatchObject([{ error: { code: 'api-error', status: 429 } }]);
  });
});

describe('any other event stream', () => {
  const wire = { name: 'openai', path: '/events' } as const;
  const body = { stream: true };
  const accepting = async (reply: ModelReply) => {
    await using server = await serveModel([reply]);
    const response = await createStreamingFetch()(`${server.url}/events`, { headers: { accept: 'text/event-stream' } });
    return { response, ...(await readBody(response)) };
  };

  it('keeps names, ids and reconnection times, and ends as HTTP says', async () => {
    const { text, error } = await accepting(replyOf(': x\nid: 7\nevent: tick\ndata: a\ndata: b\n\nretry: 50\n\n'));
    expect(error).toBeUndefined();
    expect(text).toBe('id: 7\nevent: tick\ndata: a\ndata: b\n\nretry: 50\n\n');
  });

  it('is cut if its last event is no whole JSON', async () => {
    expect((await accepting(replyOf('data: 1\n\ndata: {"a":'))).error).toMatchObject({ code: 'truncated' });
    expect(await accepting(replyOf('data: 1\n\ndata: {"a":1}'))).toMatchObject({
      text: 'data: 1\n\ndata: {"a":1}\n\n',
      error: undefined,
    });
  });

  it.for([
    ['application/x-ndjson', '{"a":1}\n{"b":2}\n'],
    ['application/json', '{ "a" : [1,  2] }'],
    ['audio/mpeg', '\u0000\u0001ÿ'],
    [null, 'anything'],
  ] as const)('that is no event stream is handed on as it is: %s', async ([contentType, given]) => {
    const { response, text, error, ends } = await ask(
      wire,
      replyOf(given, { contentType, headers: { 'x-a': 'b' } }),
      {},
      body,
    );
    expect(error).toBeUndefined();
    expect(text).toBe(given);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('x-a')).toBe('b');
    expect(ends).toHaveLength(1);
  });

  it('that is refused keeps its body byte by byte', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const steps: Step[] = [{ type: 'write', bytes }, { type: 'end' }];
    await using server = await serveModel([{ status: 418, contentType: 'application/octet-stream', steps }]);
    const response = await createStreamingFetch()(server.url, { method: 'POST', body: '{"stream":true}' });
    expect(response.status).toBe(418);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });
});
