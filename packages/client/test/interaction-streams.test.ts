import { createGemini, tool, toolResult } from '@gemini/client';
import type {
  GeminiOptions,
  GeminiStream,
  GeminiStreamEvent,
  InteractionOptions,
  InteractionStep,
} from '@gemini/client';
import { createEmulator, type EmulatorOptions, type Fault } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const retry = { maxAttempts: 3, baseDelayMs: 0 };
const counting = 'Count slowly from 1 to 8';
const counted = '1, 2, 3, 4, 5, 6, 7, 8.';
const faulty = (...steps: readonly (readonly Fault[])[]): EmulatorOptions => ({
  scenario: { name: 'faulty', description: 'Faults of the test.', steps: steps.map((faults) => ({ faults })) },
});
const slow: EmulatorOptions = { pace: { tokensPerSecond: 5, burst: 1 } };

async function eventsOf(stream: GeminiStream): Promise<GeminiStreamEvent[]> {
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome has the error.
  }
  return events;
}

const textOf = (events: readonly GeminiStreamEvent[]): string =>
  events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');

/** Streams an interaction against a server with these options. */
async function ask(
  server: EmulatorOptions,
  options: InteractionOptions = {},
  client: GeminiOptions = {},
  input: Parameters<ReturnType<typeof createGemini>['interactions']['stream']>[0] = counting,
) {
  await using emulator = await createEmulator(server);
  const stream = createGemini({ baseUrl: emulator.url, retry, ...client }).interactions.stream(input, options);
  const events = await eventsOf(stream);
  return { events, outcome: await stream.outcome, requests: emulator.requests, types: events.map(({ type }) => type) };
}

describe('a stream of an interaction', () => {
  it('has the events and the outcome of any stream, and its id and steps', async () => {
    const { events, outcome, requests } = await ask({});
    expect(textOf(events)).toBe(counted);
    expect(outcome).toMatchObject({
      status: 'completed',
      text: counted,
      finishReason: 'STOP',
      usageKind: 'final',
      serviceTier: 'standard',
      model: 'gemini-flash-latest',
      interactionId: expect.stringMatching(/^v1_/) as string,
      lastEventId: undefined,
      steps: [
        { type: 'thought', signature: expect.any(String) as string },
        { type: 'model_output', content: [{ type: 'text', text: counted }] },
      ],
    });
    expect(outcome.usage).toMatchObject({
      totalTokenCount: expect.any(Number) as number,
      promptTokensDetails: [{ modality: 'TEXT' }],
    });
    expect(requests[0]).toMatchObject({
      path: '/v1beta/interactions',
      body: { input: counting, model: 'gemini-flash-latest', stream: true },
    });
  });

  it('is live, has a verdict and its times, and is stopped by leaving it', async () => {
    await using emulator = await createEmulator(slow);
    const stream = createGemini({ baseUrl: emulator.url }).interactions.stream(counting);
    for await (const event of stream) if (event.type === 'text-delta') break;
    expect(await stream.outcome).toMatchObject({ status: 'stopped', interactionId: expect.any(String) as string });
    expect(stream.timing?.firstTextMs).toBeGreaterThan(0);
    await emulator.whenClosed(emulator.requests[0]?.id ?? '');
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('keeps no content and no steps with keepContent: false', async () => {
    const { events, outcome } = await ask({}, { keepContent: false });
    expect(textOf(events)).toBe(counted);
    expect(outcome).toMatchObject({ status: 'completed', text: '', interactionId: expect.any(String) as string });
    expect(outcome).not.toHaveProperty('steps');
  });

  it('has the raw events with rawChunks', async () => {
    const { events } = await ask({}, { rawChunks: true });
    const raw = events.flatMap((event) =>
      event.type === 'chunk' ? (event.chunk as { event_type?: string }).event_type : [],
    );
    expect(raw.slice(0, 2)).toEqual(['interaction.created', 'interaction.status_update']);
    expect(raw.at(-1)).toBe('interaction.completed');
  });

  it("tells what the server's tools did: sources, code and files", async () => {
    const steps: InteractionStep[] = [
      { type: 'google_search_call', id: 's', arguments: { queries: ['rivers'] } },
      { type: 'google_search_result', call_id: 's', result: [{ search_suggestions: '<b>' }] },
      { type: 'google_maps_result', call_id: 'm', result: [{ places: [{ place_id: 'p', name: 'Oslo', url: 'u' }] }] },
      { type: 'url_context_result', call_id: 'u', result: [{ url: 'https://example.com', status: 'success' }] },
      { type: 'code_execution_call', id: 'c', arguments: { language: 'python', code: 'print(1)' } },
      { type: 'code_execution_result', call_id: 'c', result: '1\n', is_error: false },
      { type: 'file_search_call', id: 'f', arguments: { queries: ['x'] } },
      {
        type: 'model_output',
        content: [
          {
            type: 'text',
            text: 'Rivers.',
            annotations: [
              { type: 'url_citation', start_index: 0, end_index: 7, url: 'https://example.com', title: 'E' },
            ],
          },
          { type: 'image', mime_type: 'image/png', data: 'AQID' },
          { type: 'document', mime_type: 'application/pdf', uri: 'gs://b/x.pdf' },
        ],
      },
    ];
    const { events, outcome, types } = await ask({ script: [{ reply: { steps: steps as never } }] });
    expect(types.filter((type) => !['start', 'usage', 'end'].includes(type))).toEqual([
      ...Array.from({ length: 4 }, () => 'grounding'),
      'executable-code',
      'code-result',
      'text-delta',
      'grounding',
      'inline-data',
      'file',
    ]);
    expect(outcome.response.candidates?.[0]).toMatchObject({
      groundingMetadata: {
        webSearchQueries: ['rivers'],
        searchEntryPoint: { renderedContent: '<b>' },
        groundingChunks: [{ maps: { placeId: 'p', title: 'Oslo', uri: 'u' } }],
      },
      citationMetadata: { citations: [{ startIndex: 0, endIndex: 7, uri: 'https://example.com', title: 'E' }] },
      urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://example.com' }] },
    });
    expect(events.find(({ type }) => type === 'file')).toMatchObject({
      uri: 'gs://b/x.pdf',
      mimeType: 'application/pdf',
    });
    expect(outcome.unknownEvents).toBe(0);
    expect(outcome.steps).toMatchObject(steps);
  });

  it.for<[status: string, expected: object]>([
    ['requires_action', { status: 'completed', finishReason: 'STOP' }],
    ['incomplete', { status: 'completed', finishReason: 'MAX_TOKENS' }],
    ['budget_exceeded', { status: 'completed', finishReason: 'MAX_TOKENS' }],
    ['failed', { status: 'failed', error: { code: 'api-error' } }],
    ['cancelled', { status: 'stopped' }],
    ['requires_continuation', { status: 'truncated' }],
    ['in_progress', { status: 'truncated' }],
    ['something_new', { status: 'truncated' }],
  ])('ends as its last status says: %s', async ([status, expected]) => {
    const events = [
      { event_type: 'step.start', index: 0, step: { type: 'model_output' } },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'hi' } },
      { event_type: 'step.stop', index: 0 },
      { event_type: 'interaction.completed', interaction: { status } },
    ];
    const { outcome } = await ask({ script: [{ reply: { events } }] }, { retry: false });
    expect(outcome).toMatchObject({ ...expected, text: 'hi' });
  });
});

describe('errors', () => {
  it.for<[scenario: string, status: number, reason: string, attempts: number]>([
    ['always-unavailable', 503, 'service_unavailable', 3],
    ['quota-per-day', 429, 'quota_exceeded', 1],
    ['invalid-argument', 400, 'invalid_request', 1],
    ['permission-denied', 403, 'permission_denied', 1],
  ])('of a refusal keep their status and code: %s', async ([scenario, status, reason, attempts]) => {
    const { outcome } = await ask({ scenario });
    expect(outcome).toMatchObject({ status: 'failed', attempts, error: { code: 'api-error', status, reason } });
  });

  it('that come as events end the answer, with the text so far', async () => {
    const { outcome } = await ask({ scenario: 'error-event' });
    expect(outcome).toMatchObject({
      status: 'failed',
      text: '1, 2, 3,',
      attempts: 1,
      error: { code: 'api-error', status: 503 },
    });
  });

  it('fall back to the next model before any content', async () => {
    await using emulator = await createEmulator({
      models: ['first', 'second'],
      script: [
        { match: { model: 'first' }, reply: { error: { status: 'UNAVAILABLE', message: 'Busy.' } } },
        { reply: { text: 'hi' } },
      ],
    });
    const gemini = createGemini({ baseUrl: emulator.url, retry: false });
    const { outcome } = gemini.interactions.stream('hi', { model: ['first', 'second'] });
    expect(await outcome).toMatchObject({ status: 'completed', text: 'hi', model: 'second', attempts: 2 });
  });
});

describe('functions', () => {
  const look = tool({
    name: 'look',
    parameters: z.object({ at: z.string() }),
    execute: ({ at }) => ({ sky: `clear in ${at}` }),
  });
  const script: EmulatorOptions = {
    script: [
      { match: { functionResponse: 'look' }, reply: { text: ['It is ', 'clear.'] } },
      { reply: { functionCalls: [{ id: 'c1', name: 'look', args: { at: 'Oslo' } }] } },
    ],
  };

  it.for([true, false])('run, and their results go back, stored %s', async (store) => {
    const { outcome, types, requests } = await ask(script, { tools: [look, { type: 'google_search' }], store });
    expect(types).toContain('tool-result');
    expect(outcome).toMatchObject({
      status: 'completed',
      text: 'It is clear.',
      attempts: 2,
      turn: { rounds: [{}, {}] },
    });
    const [first, second] = requests.map(
      ({ body }) => body as { input: unknown; tools: unknown; previous_interaction_id?: string },
    );
    expect(first?.tools).toMatchObject([
      { type: 'function', name: 'look', parameters: { type: 'object' } },
      { type: 'google_search' },
    ]);
    expect(second?.tools).toEqual(first?.tools);
    const result = { type: 'function_result', call_id: 'c1', name: 'look', result: { sky: 'clear in Oslo' } };
    if (store) {
      expect(second).toMatchObject({
        previous_interaction_id: expect.stringMatching(/^v1_/) as string,
        input: [result],
      });
    } else {
      expect(second).not.toHaveProperty('previous_interaction_id');
      expect(second?.input).toMatchObject([
        { type: 'user_input' },
        { type: 'thought', signature: expect.any(String) as string },
        { type: 'function_call', id: 'c1', arguments: { at: 'Oslo' } },
        result,
      ]);
    }
  });

  it('that fail are marked, and files go with the result', async () => {
    const broken = tool({
      name: 'look',
      execute: () => {
        throw new Error('Fog.');
      },
    });
    const { requests } = await ask(script, { tools: [broken] });
    expect((requests[1]?.body as { input: unknown } | undefined)?.input).toMatchObject([
      { is_error: true, result: { error: 'Fog.' } },
    ]);
    const camera = tool({
      name: 'look',
      execute: () => toolResult({ ok: true }, [{ mimeType: 'image/png', data: 'AQID' }]),
    });
    const withFile = await ask(script, { tools: [camera] });
    expect((withFile.requests[1]?.body as { input: unknown } | undefined)?.input).toMatchObject([
      {
        result: [
          { type: 'text', text: '{"ok":true}' },
          { type: 'image', mime_type: 'image/png', data: 'AQID' },
        ],
      },
    ]);
  });
});

describe('a background run', () => {
  it('is followed over lost connections, whatever ids its events have', async () => {
    for (const on of ['all', 'deltas', 'some', 'none'] as const) {
      const cut: Fault = { type: 'cut', how: 'reset', afterEvents: 2 };
      // oxlint-disable-next-line no-await-in-loop
      const { events, outcome, requests } = await ask(
        faulty([{ type: 'event-ids', on }, cut], [{ type: 'cut', how: 'reset', afterEvents: 4 }], []),
        { background: true },
      );
      expect(textOf(events)).toBe(counted);
      expect(outcome).toMatchObject({ status: 'completed', text: counted, attempts: requests.length });
      expect(requests.map(({ method }) => method)).toEqual(['POST', ...requests.slice(1).map(() => 'GET')]);
      expect(outcome.steps?.map(({ type }) => type)).toEqual(['thought', 'model_output']);
    }
  });

  it('is never started twice once its id is known', async () => {
    const { outcome, requests } = await ask(faulty([{ type: 'error-event', afterEvents: 1 }]), { background: true });
    expect(requests).toHaveLength(1);
    expect(outcome.status).toBe('failed');
  });

  it('ends after maxAttempts requests that bring nothing, and progress begins the count again', async () => {
    const silent: Fault = { type: 'cut', how: 'reset', afterEvents: 0 };
    const { outcome, requests } = await ask(
      faulty([{ type: 'cut', how: 'reset', afterEvents: 1 }], [silent], [silent], [silent]),
      {
        background: true,
      },
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'connection-lost' } });
    expect(requests).toHaveLength(3);
  });

  it('is followed by its id, from its start, after an event, and again', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url, retry });
    const { interactionId = '', lastEventId } = await gemini.interactions.stream(counting, { background: true })
      .outcome;
    expect(lastEventId).toMatch(/^event-/);
    const again = gemini.interactions.follow(interactionId);
    expect(await again.text()).toBe(counted);
    expect(await again.outcome).toMatchObject({ interactionId, lastEventId });
    const ids = (await eventsOf(gemini.interactions.follow(interactionId, { rawChunks: true }))).flatMap((event) =>
      event.type === 'chunk' ? ((event.chunk as { event_id?: string }).event_id ?? []) : [],
    );
    const rest = gemini.interactions.follow(interactionId, { after: ids.at(-4) });
    expect(counted.endsWith(await rest.text())).toBe(true);
  });

  it.for<[onStop: 'leave' | 'cancel', status: string]>([
    ['leave', 'in_progress'],
    ['cancel', 'cancelled'],
  ])('is left to run, or cancelled, when its stream is left: %s', async ([onStop, status]) => {
    await using emulator = await createEmulator(slow);
    const { interactions } = createGemini({ baseUrl: emulator.url });
    const stream = interactions.stream(counting, { background: true, onStop });
    for await (const event of stream) if (event.type === 'text-delta') break;
    const { interactionId = '' } = await stream.outcome;
    if (onStop === 'cancel') await emulator.whenReceived(2);
    expect(await interactions.get(interactionId)).toMatchObject({ status });
  });
});

describe('a foreground interaction that is interrupted', () => {
  it.for([
    'checkpoint-then-reset',
    'checkpoint-then-text-then-reset',
    'checkpoint-then-close',
    'continuation',
    'continuation-chain',
  ])('is continued by token, stored or not: %s', async (scenario) => {
    for (const store of [true, false]) {
      // oxlint-disable-next-line no-await-in-loop
      const { events, outcome, requests } = await ask({ scenario }, { store });
      expect(textOf(events)).toBe(counted);
      expect(outcome).toMatchObject({ status: 'completed', text: counted, attempts: requests.length });
      expect(requests.length).toBeGreaterThan(1);
      expect(outcome.attemptReports.slice(1).every(({ kind }) => kind === 'resume')).toBe(true);
      const hops = requests.slice(1).map(({ body }) => body as { input?: unknown; previous_interaction_id?: string });
      for (const hop of hops) {
        if (store) expect(hop).toMatchObject({ previous_interaction_id: expect.stringMatching(/^v1_/) as string });
        expect(hop.input).toBe(store ? undefined : counting);
      }
      // Each hop bills its input again.
      const inputs = outcome.attemptReports.map(({ usage }) => usage?.promptTokenCount ?? 0);
      expect(outcome.usage?.promptTokenCount).toBe(inputs.reduce((sum, count) => sum + count, 0));
      const said = outcome.steps?.flatMap(({ type, content = [] }) => (type === 'model_output' ? content : []));
      expect(said?.map(({ text }) => text).join('')).toBe(counted);
    }
  });

  it('is resumed from an event, if its events have ids and no token came', async () => {
    const { events, outcome, requests } = await ask(
      faulty(
        [
          { type: 'event-ids', on: 'all' },
          { type: 'cut', how: 'reset', afterEvents: 3 },
        ],
        [],
      ),
    );
    // The emulator ends a foreground generation with its connection.
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
    expect(outcome.status).toBe('truncated');
    expect(counted).toContain(textOf(events));
  });

  it('without a token fails with the text so far', async () => {
    const { outcome } = await ask({ scenario: 'reset-after-content' });
    expect(outcome).toMatchObject({
      status: 'failed',
      text: '1, 2, 3,',
      attempts: 1,
      error: { code: 'connection-lost' },
    });
  });
});

describe('an interaction', () => {
  it('is got, cancelled and deleted by its id', async () => {
    await using emulator = await createEmulator(slow);
    const { interactions } = createGemini({ baseUrl: emulator.url });
    const stream = interactions.stream(counting, { background: true });
    for await (const event of stream) if (event.type === 'text-delta') break;
    const { interactionId = '' } = await stream.outcome;
    expect(await interactions.get(interactionId)).toMatchObject({
      id: interactionId,
      status: 'in_progress',
      steps: [{ type: 'user_input' }, {}, {}],
    });
    expect(await interactions.cancel(interactionId)).toMatchObject({ status: 'cancelled' });
    await interactions.delete(interactionId);
    await expect(interactions.get(interactionId)).rejects.toMatchObject({
      name: 'GeminiError',
      code: 'api-error',
      status: 404,
      reason: 'not_found',
    });
    await expect(interactions.follow(interactionId).text()).rejects.toMatchObject({ status: 404 });
  });

  it('whose id would change the path is encoded', async () => {
    await using emulator = await createEmulator();
    const { interactions } = createGemini({ baseUrl: emulator.url });
    await expect(interactions.get('../models/x?y#z')).rejects.toMatchObject({ status: 404 });
    expect(emulator.requests[0]?.path).toBe('/v1beta/interactions/..%2Fmodels%2Fx%3Fy%23z');
  });

  it('is asked for until the signal aborts', async () => {
    await using emulator = await createEmulator();
    const { interactions } = createGemini({ baseUrl: emulator.url });
    await expect(interactions.get('v1_x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'stopped' });
  });

  it('continues a conversation, and has the settings of the stream', async () => {
    await using emulator = await createEmulator();
    const { interactions } = createGemini({ baseUrl: emulator.url });
    const first = await interactions.stream('Hello, my name is Ada').outcome;
    const second = interactions.stream('What is my name?', {
      previousInteractionId: first.interactionId,
      systemInstruction: 'Be brief.',
      generationConfig: { temperature: 0, thinking_summaries: 'auto' },
      extraBody: { labels: { a: 'b' } },
      headers: { 'x-mine': '1' },
    });
    expect(await second.text()).toContain('Ada');
    expect(emulator.requests[1]).toMatchObject({
      headers: { 'x-mine': '1' },
      body: {
        previous_interaction_id: first.interactionId,
        system_instruction: 'Be brief.',
        generation_config: { temperature: 0, thinking_summaries: 'auto' },
        labels: { a: 'b' },
      },
    });
  });

  it('of Vertex AI has its project and place in the path', async () => {
    await using emulator = await createEmulator();
    const vertex = { project: 'p', location: 'europe-west4', accessToken: 't' };
    const { interactions } = createGemini({ baseUrl: emulator.url, vertex });
    expect(await interactions.stream('Say: hi').text()).toBe('hi');
    expect(emulator.requests[0]?.path).toBe('/v1beta1/projects/p/locations/europe-west4/interactions');
  });

  it.for<[input: unknown, options: object, message: string]>([
    ['', {}, 'input: expected text, got an empty string'],
    [[], {}, 'input: expected at least one content or step'],
    [[7], {}, 'input[0]: expected an object with a type, got number'],
    [{ role: 'user', parts: [] }, {}, "messages are steps: { type: 'user_input'"],
    [[{ role: 'user', parts: [] }], {}, "messages are steps: { type: 'user_input'"],
    [{ contents: 'hi' }, {}, 'contents: unknown field, did you mean input?'],
    [{ input: 'hi', systemInstruction: 'x' }, {}, 'systemInstruction: unknown field, did you mean system_instruction?'],
    [{ input: 'hi', stream: true }, {}, 'stream: expected none'],
    ['hi', { background: true, store: false }, 'background: expected false with store: false'],
    ['hi', { model: 'a', agent: 'b' }, 'agent: expected none beside model'],
    ['hi', { agent: 'b', generationConfig: { seed: 1 } }, 'generationConfig: expected none beside agent'],
    ['hi', { generationConfig: { seed: '1' } }, 'generation_config.seed: expected a number, got string'],
    ['hi', { previousId: 'x' }, 'previousId: unknown option'],
    ['hi', { onStop: 'stay' }, "onStop: expected 'leave' or 'cancel', got string"],
    ['hi', { idleTimeoutMs: 0 }, 'idleTimeoutMs'],
  ])(
    'with an invalid input or option throws a TypeError before anything is sent: %j %j',
    ([input, options, message]) => {
      const { interactions } = createGemini({ baseUrl: 'http://127.0.0.1:1' });
      expect(() => interactions.stream(input as string, options)).toThrow(TypeError);
      expect(() => interactions.stream(input as string, options)).toThrow(message);
    },
  );

  it('has no lone surrogates, which the API refuses', async () => {
    const { outcome, requests } = await ask({}, { systemInstruction: 'a\ud83d' }, {}, [
      { type: 'text', text: 'b\ud83d🌊' },
    ]);
    expect(outcome.status).toBe('completed');
    expect(requests[0]?.body).toMatchObject({
      system_instruction: 'a\ufffd',
      input: [{ type: 'text', text: 'b\ufffd🌊' }],
    });
  });

  it('without an id throws a TypeError', async () => {
    const { interactions } = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => interactions.follow('')).toThrow('id: expected the id of an interaction, got an empty string');
    await expect(interactions.get('')).rejects.toThrow(TypeError);
  });
});
