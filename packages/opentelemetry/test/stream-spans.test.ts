import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { instrumented } from './telemetry.ts';

const name = 'generate_content gemini-flash-latest';

describe('the span of a stream', () => {
  it('has the attributes of the conventions, and whether the answer was live', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator();
    const generationConfig = {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 900,
      seed: 7,
      candidateCount: 1,
    };
    const penalties = { stopSequences: ['###'], frequencyPenalty: 0.1, presencePenalty: 0.2 };
    const thinkingConfig = { includeThoughts: true };
    const config = { ...generationConfig, ...penalties, thinkingConfig, responseMimeType: 'application/json' };
    const stream = createGemini({ baseUrl: emulator.url }).stream('hi', {
      generationConfig: config,
      conversationId: 'talk-1',
    });
    const { response, usage, attempts } = await stream.outcome;
    const { attributes, kind, status, ended } = telemetry.span(name);
    const { hostname, port } = new URL(emulator.url);
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'gemini-flash-latest',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.top_k': 40,
      'gen_ai.request.max_tokens': 900,
      'gen_ai.request.seed': 7,
      'gen_ai.request.stop_sequences': ['###'],
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.output.type': 'json',
      'gen_ai.conversation.id': 'talk-1',
      'gen_ai.response.id': response.responseId,
      'gen_ai.response.model': response.modelVersion,
      'gen_ai.response.finish_reasons': ['STOP'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': usage?.promptTokenCount,
      'gen_ai.usage.output_tokens': (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
      'gen_ai.usage.reasoning.output_tokens': usage?.thoughtsTokenCount,
      'server.address': hostname,
      'server.port': Number(port),
      'gemini.stream.attempts': attempts,
      'gemini.stream.ended_by': 'end',
      'gemini.stream.verdict': stream.verdict().kind,
    });
    expect(usage?.thoughtsTokenCount).toBeGreaterThan(0);
    expect({ kind, status, ended }).toEqual({
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      ended: true,
    });
  });

  it('names Vertex AI as the provider, and several answers by their count', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator();
    const vertex = { project: 'p', location: 'global', accessToken: 'token' };
    const gemini = createGemini({ baseUrl: emulator.url, vertex });
    await gemini.stream('hi', { generationConfig: { candidateCount: 2 } }).outcome;
    const expected = { 'gen_ai.provider.name': 'gcp.vertex_ai', 'gen_ai.request.choice.count': 2 };
    expect(telemetry.span(name).attributes).toMatchObject(expected);
  });

  it('of a failure has the status of the server as its error type, and none of its words', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ scenario: 'invalid-argument' });
    const { error } = await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
    const { attributes, status } = telemetry.span(name);
    expect(attributes['error.type']).toBe('400');
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'api-error' });
    const [log, ...more] = telemetry.logs();
    expect(more).toEqual([]);
    expect(log).toMatchObject({
      eventName: 'gen_ai.client.operation.exception',
      severityNumber: 13,
      attributes: {
        'error.type': '400',
        'exception.type': 'GeminiError',
        'gen_ai.request.model': 'gemini-flash-latest',
      },
      spanContext: telemetry.span(name).spanContext(),
    });
    expect(JSON.stringify([attributes, status, log?.attributes])).not.toContain(error?.message);
  });

  it('of a cut answer has the code as its error type', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ scenario: 'no-finish-reason' });
    const gemini = createGemini({ baseUrl: emulator.url, retry: false });
    const { status, finishReason } = await gemini.stream('hi').outcome;
    const { attributes } = telemetry.span(name);
    expect(status).toBe('truncated');
    expect(finishReason).toBeUndefined();
    expect(attributes).toMatchObject({ 'error.type': 'truncated', 'gemini.stream.ended_by': 'end' });
    expect(attributes).not.toHaveProperty('gen_ai.response.finish_reasons');
  });

  it('of an answer that was stopped or blocked is no error', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ scenario: 'blocked-prompt' });
    await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
    const stopped = createGemini({
      baseUrl: await emulator.urlOf('long-and-healthy'),
      model: 'gemini-pro-latest',
    }).stream('hi');
    for await (const _ of stopped) break;
    expect((await stopped.outcome).status).toBe('stopped');
    const [blocked, left] = telemetry.spans();
    expect(left?.name).toBe('generate_content gemini-pro-latest');
    for (const span of [blocked, left]) {
      expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
      expect(span?.attributes).not.toHaveProperty('error.type');
    }
  });

  it('counts its requests, and has an event for each that is sent again', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
    await createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 0 } }).stream('hi').outcome;
    const { attributes, events } = telemetry.span(name);
    expect(attributes['gemini.stream.attempts']).toBe(2);
    expect(events.map((event) => [event.name, event.attributes])).toEqual([
      ['gemini.stream.retry', { 'gemini.stream.attempt': 2, 'gemini.stream.delay': 0, 'error.type': '503' }],
    ]);
  });

  it('takes the name of the model that answers after a fallback', async () => {
    using telemetry = instrumented();
    const error = { status: 'UNAVAILABLE', message: 'busy' } as const;
    const script = [{ match: { model: 'gemini-pro-latest' }, reply: { error } }, { reply: { text: 'Yes.' } }];
    await using emulator = await createEmulator({ script });
    const model = [{ model: 'gemini-pro-latest', retry: false as const }, 'gemini-flash-lite-latest'];
    await createGemini({ baseUrl: emulator.url, model }).stream('hi').outcome;
    const { attributes, events } = telemetry.span('generate_content gemini-flash-lite-latest');
    expect(attributes['gen_ai.request.model']).toBe('gemini-flash-lite-latest');
    expect(events.map((event) => event.name)).toEqual(['gemini.stream.fallback']);
    expect(events[0]?.attributes).toMatchObject({
      'gen_ai.request.model': 'gemini-flash-lite-latest',
      'error.type': '503',
    });
  });

  it('of an interaction names its model or agent, and never an id', async () => {
    using telemetry = instrumented();
    await using emulator = await createEmulator();
    const { interactions } = createGemini({ baseUrl: emulator.url });
    const { interactionId = '' } = await interactions.stream('hi').outcome;
    await interactions.stream('hi', { agent: 'deep-research', background: true }).outcome;
    await interactions.follow(interactionId).outcome;
    const [first, agent, followed] = telemetry.spans();
    expect(first?.name).toBe(name);
    expect(agent?.name).toBe('invoke_agent deep-research');
    expect(agent?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'deep-research',
    });
    expect(agent?.attributes).not.toHaveProperty('gen_ai.request.model');
    expect(followed?.name).toBe('generate_content');
    expect(followed?.attributes).not.toHaveProperty('gen_ai.request.model');
    expect(JSON.stringify(await telemetry.metrics().then((metrics) => [...metrics.values()]))).not.toContain(
      interactionId,
    );
  });
});
