import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import {
  create,
  get,
  type InteractionEvent,
  lastOf,
  model,
  send,
  stepText,
  type Step,
  stream,
  textOf,
  typesOf,
} from './interaction-calls.ts';

const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

describe('a streamed interaction', () => {
  it('has the frame of the API: names, LF, and an end marker', async () => {
    await using emulator = await createEmulator();
    const response = await send(emulator, { model, input: 'Say: hello', stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const body = await response.text();
    expect(body).not.toContain('\r');
    expect(body.endsWith('event: done\ndata: [DONE]\n\n')).toBe(true);
    for (const block of body.split('\n\n').slice(0, -2)) {
      const [name = '', data = ''] = block.split('\n');
      const event = JSON.parse(data.slice('data: '.length)) as InteractionEvent;
      expect(name).toBe(`event: ${event.event_type}`);
      expect(event).not.toHaveProperty('event_id');
    }
  });

  it('has a thought with a signature, then the output, and the usage of both', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { input: 'Count slowly from 1 to 3' });
    expect(typesOf(events)).toEqual([
      'interaction.created',
      'interaction.status_update',
      'step.start',
      'step.delta',
      'step.stop',
      'step.start',
      ...Array.from({ length: 3 }, () => 'step.delta'),
      'step.stop',
      'interaction.completed',
    ]);
    expect(events[3]?.delta).toMatchObject({
      type: 'thought_signature',
      signature: expect.stringMatching(/^[\w+/]+=*$/u) as string,
    });
    expect(textOf(events)).toBe('1, 2, 3.');
    const id = events[0]?.interaction?.id;
    expect(id).toMatch(/^v1_\w+$/u);
    expect(lastOf(events)).toMatchObject({
      id,
      status: 'completed',
      model,
      object: 'interaction',
      service_tier: 'standard',
    });
    const { usage } = lastOf(events) ?? {};
    const { total_tokens: total = 0, total_input_tokens: input = 0, total_output_tokens: output = 0 } = usage ?? {};
    expect(output).toBeGreaterThan(0);
    expect(total).toBe(input + output);
    expect(events.findLast(({ event_type: type }) => type === 'step.stop')?.usage).toEqual(usage);
  });

  it('gives the answer of generateContent to the same prompt', async () => {
    await using emulator = await createEmulator();
    const url = `${emulator.url}/v1beta/models/${model}:generateContent`;
    for (const prompt of ['Why is the sky blue?', 'Write about rivers in 80 words', 'Hello']) {
      const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] });
      // One prompt after another.
      // oxlint-disable-next-line no-await-in-loop
      const answer = (await (await fetch(url, { method: 'POST', body })).json()) as {
        candidates: { content: { parts: { text: string }[] } }[];
      };
      // oxlint-disable-next-line no-await-in-loop
      expect(textOf(await stream(emulator, { input: prompt }))).toBe(answer.candidates[0]?.content.parts[0]?.text);
    }
  });

  it('tells its thoughts if they are asked for', async () => {
    await using emulator = await createEmulator();
    const config = { generation_config: { thinking_summaries: 'auto' } };
    const events = await stream(emulator, { input: 'Say: hello', ...config });
    const summaries = events.filter(({ delta }) => delta?.type === 'thought_summary');
    expect(summaries.length).toBeGreaterThanOrEqual(2);
    expect(summaries[0]?.delta?.content?.text).toContain('**');
    expect(lastOf(events)?.usage?.['total_thought_tokens']).toBeGreaterThan(0);
    const thoughts = (await get(emulator, lastOf(events)?.id)).steps?.find(({ type }) => type === 'thought');
    expect(thoughts).toMatchObject({
      signature: expect.any(String) as string,
      summary: summaries.map(({ delta }) => delta?.content),
    });
  });

  it.for<[name: string, body: object, kinds: string[]]>([
    ['a search and its result', { tools: [{ type: 'google_search' }] }, ['google_search_call', 'google_search_result']],
    ['a place', { tools: [{ type: 'google_maps', enable_widget: true }] }, ['google_maps_call', 'google_maps_result']],
    ['a page', { tools: [{ type: 'url_context' }] }, ['url_context_call', 'url_context_result']],
    [
      'files',
      { tools: [{ type: 'file_search', file_search_store_names: ['a'] }] },
      ['file_search_call', 'file_search_result'],
    ],
    ['documents', { tools: [{ type: 'retrieval' }] }, ['retrieval_call', 'retrieval_result']],
    [
      'a server',
      { tools: [{ type: 'mcp_server', name: 'notes', url: 'https://example.com' }] },
      ['mcp_server_tool_call', 'mcp_server_tool_result'],
    ],
  ])('has the steps of a tool of the server: %s', async ([, body, kinds]) => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { input: 'What is on https://example.com/rivers ?', ...body });
    const starts = events.flatMap(({ step }) => step ?? []);
    expect(starts.map(({ type }) => type)).toEqual(['thought', 'model_output', ...kinds]);
    const [call, result] = starts.slice(2);
    expect(call?.id).toBe(result?.call_id);
    const whole = (await get(emulator, lastOf(events)?.id)).steps ?? [];
    expect(whole.at(-1)).toMatchObject({ type: kinds[1], call_id: call?.id, result: expect.anything() as unknown });
    expect(lastOf(events)?.usage?.['total_tool_use_tokens']).toBeGreaterThan(0);
  });

  it('has annotations on its text if it searched', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { input: 'Tell me about rivers', tools: [{ type: 'google_search' }] });
    const output = (await get(emulator, lastOf(events)?.id)).steps?.find(({ type }) => type === 'model_output');
    const [content] = output?.content ?? [];
    expect(content?.annotations?.[0]).toMatchObject({
      type: 'url_citation',
      start_index: 0,
      url: 'https://example.com/source-1',
    });
  });

  it('runs code, draws an image and writes JSON, as the other API does', async () => {
    await using emulator = await createEmulator();
    const code = await create(emulator, { input: 'What is 6 * 7?', tools: [{ type: 'code_execution' }] });
    expect(code.steps).toMatchObject([
      { type: 'thought' },
      { type: 'code_execution_call', arguments: { language: 'python', code: 'print(6 * 7)' } },
      { type: 'code_execution_result', call_id: code.steps?.[1]?.id, result: '42\n', is_error: false },
      { type: 'model_output' },
    ]);
    const image = await create(emulator, { input: 'Draw', response_format: { type: 'image', mime_type: 'image/png' } });
    expect(image.steps?.at(-1)?.content).toMatchObject([{ type: 'text' }, { type: 'image', mime_type: 'image/png' }]);
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const json = await create(emulator, {
      input: 'A city',
      response_format: [{ type: 'text', mime_type: 'application/json', schema }],
    });
    expect(JSON.parse(stepText(json))).toEqual({ city: expect.any(String) as string });
  });

  it('ends incomplete at the limit of tokens', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, {
      input: 'Write about rivers in 200 words',
      generation_config: { max_output_tokens: 20 },
    });
    expect(lastOf(events)).toMatchObject({ status: 'incomplete', usage: { total_output_tokens: 20 } });
  });
});

describe('a stored interaction', () => {
  it('is returned by GET: its input, its steps and its status', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { input: 'Say: hello' });
    const { id = '' } = lastOf(events) ?? {};
    const stored = await get(emulator, id);
    expect(stored).toMatchObject({ id, status: 'completed', model, usage: lastOf(events)?.usage });
    expect(stored.steps?.map(({ type }) => type)).toEqual(['user_input', 'thought', 'model_output']);
    expect(stepText(stored)).toBe('hello');
    expect((await get(emulator, id, '?include_input=false')).steps?.[0]?.type).toBe('thought');
    const inspected = (await (await fetch(`${emulator.url}/__emulator/interactions`)).json()) as {
      interactions: unknown[];
    };
    expect(inspected.interactions).toEqual([stored]);
  });

  it('is continued by its id, over any number of turns', async () => {
    await using emulator = await createEmulator();
    const first = await create(emulator, { input: 'Hello, my name is Ada' });
    const second = await create(emulator, { input: 'What is a tide?', previous_interaction_id: first.id });
    const third = await create(emulator, { input: 'What is my name?', previous_interaction_id: second.id });
    expect(stepText(third)).toContain('Ada');
    expect(stepText(await create(emulator, { input: 'What is my name?' }))).not.toContain('Ada');
  });

  it('is gone after DELETE', async () => {
    await using emulator = await createEmulator();
    const { id } = await create(emulator, { input: 'Say: hello' });
    const deleted = await send(emulator, undefined, { path: `/${id}`, method: 'DELETE' });
    expect([deleted.status, await deleted.json()]).toEqual([200, {}]);
    for (const method of ['GET', 'DELETE']) {
      // oxlint-disable-next-line no-await-in-loop
      const response = await send(emulator, undefined, { path: `/${id}`, method });
      // oxlint-disable-next-line no-await-in-loop
      expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    }
    const next = await send(emulator, { model, input: 'hi', previous_interaction_id: id });
    expect(next.status).toBe(404);
  });

  it('is not kept with store: false, and has no id', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, { input: 'Say: hello', store: false });
    expect(events[0]?.interaction?.id).toBe('');
    expect(lastOf(events)?.id).toBe('');
    expect(await create(emulator, { input: 'Say: hello', store: false })).not.toHaveProperty('id');
  });

  it('ends as cancelled if the client leaves a foreground stream', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 5, burst: 1 } });
    const controller = new AbortController();
    const response = await fetch(`${emulator.url}/v1beta/interactions`, {
      method: 'POST',
      signal: controller.signal,
      body: JSON.stringify({ model, input: 'Count slowly from 1 to 50', stream: true }),
    });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    const id = /"id":"(v1_\w+)"/u.exec(Buffer.from(value ?? []).toString())?.[1];
    controller.abort();
    await emulator.whenClosed(emulator.requests[0]?.id ?? '');
    expect((await get(emulator, id)).status).toBe('cancelled');
  });

  it('is found on the paths of Vertex AI and of every version', async () => {
    await using emulator = await createEmulator();
    for (const path of ['/v1', '/v1alpha', '/v1beta1', '/v1beta1/projects/p/locations/global']) {
      // oxlint-disable-next-line no-await-in-loop
      const response = await fetch(`${emulator.url}${path}/interactions`, {
        method: 'POST',
        body: JSON.stringify({ model, input: 'Say: hello' }),
      });
      // oxlint-disable-next-line no-await-in-loop
      expect(stepText((await response.json()) as { status: string })).toBe('hello');
    }
  });
});

describe('functions', () => {
  const ask = { input: 'What is the weather in Oslo?', tools: [weather] };
  const result = (call: Step | undefined) => ({
    type: 'function_result',
    call_id: call?.id,
    name: call?.name,
    result: { sky: 'clear' },
  });

  it('are called, and the interaction requires action', async () => {
    await using emulator = await createEmulator();
    const events = await stream(emulator, ask);
    const start = events.find(({ step }) => step?.type === 'function_call')?.step;
    expect(start).toMatchObject({ id: expect.any(String) as string, name: 'get_weather', arguments: {} });
    const pieces = events.flatMap(({ delta }) => (delta?.type === 'arguments_delta' ? (delta.arguments ?? '') : []));
    expect(JSON.parse(pieces.join(''))).toEqual({ city: expect.any(String) as string });
    expect(lastOf(events)?.status).toBe('requires_action');
  });

  it.for<[name: string, wrap: (results: object[]) => object[]]>([
    ['as steps', (results) => results],
    ['in the content of a message', (results) => [{ type: 'user_input', content: results }]],
  ])('get their results %s, stored', async ([, wrap]) => {
    await using emulator = await createEmulator();
    const first = await create(emulator, ask);
    const call = first.steps?.find(({ type }) => type === 'function_call');
    const next = { previous_interaction_id: first.id, input: wrap([result(call)]), tools: [weather] };
    const second = await create(emulator, next);
    expect(second.status).toBe('completed');
    expect(stepText(second)).toContain('get_weather says: {"sky":"clear"}');
  });

  it('get their results without a store, with every step so far', async () => {
    await using emulator = await createEmulator();
    const first = await create(emulator, { ...ask, store: false });
    const call = first.steps?.find(({ type }) => type === 'function_call');
    const user = { type: 'user_input', content: [{ type: 'text', text: ask.input }] };
    const input = [user, ...(first.steps ?? []), result(call)];
    const second = await create(emulator, { input, tools: [weather], store: false });
    expect(stepText(second)).toContain('get_weather says: {"sky":"clear"}');
  });

  it('that have no result, or a foreign one, are refused', async () => {
    await using emulator = await createEmulator();
    const first = await create(emulator, ask);
    const inputs = ['Never mind.', [{ type: 'function_result', call_id: 'other', result: {} }]];
    for (const input of inputs) {
      // oxlint-disable-next-line no-await-in-loop
      const response = await send(emulator, { model, input, previous_interaction_id: first.id });
      // oxlint-disable-next-line no-await-in-loop
      expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid_request' } }]);
    }
  });

  it('are called always with tool_choice: any, and never with none', async () => {
    await using emulator = await createEmulator();
    const choose = (choice: unknown) =>
      create(emulator, { ...ask, input: 'Hello', generation_config: { tool_choice: choice } });
    expect((await choose('any')).status).toBe('requires_action');
    expect((await choose({ allowed_tools: { mode: 'any', tools: ['get_weather'] } })).status).toBe('requires_action');
    expect((await create(emulator, { ...ask, generation_config: { tool_choice: 'none' } })).status).toBe('completed');
  });
});

describe('a refused request', () => {
  it.for<[name: string, body: object, status: number, code: string, message: string]>([
    ['an unknown field', { model, input: 'hi', top_p: 1 }, 400, 'parameter_unknown', "Unknown parameter 'top_p'"],
    [
      'a field of the other API',
      { model, input: 'hi', systemInstruction: 'x' },
      400,
      'parameter_unknown',
      "Did you mean 'system_instruction'?",
    ],
    [
      'an unknown setting',
      { model, input: 'hi', generation_config: { top_q: 1 } },
      400,
      'parameter_unknown',
      'generation_config.top_q',
    ],
    ['no model', { input: 'hi' }, 400, 'invalid_request', 'Either model or agent'],
    [
      'a model and an agent',
      { model, agent: 'antigravity-preview-09-2026', input: 'hi' },
      400,
      'invalid_request',
      'Only one',
    ],
    ['no input', { model }, 400, 'invalid_request', 'input is required'],
    ['an empty input', { model, input: [] }, 400, 'invalid_request', 'must not be empty'],
    ['an input of numbers', { model, input: [7] }, 400, 'invalid_request', 'input[0]'],
    ['an unknown step', { model, input: [{ type: 'dance' }] }, 400, 'invalid_request', "'dance' is not a step"],
    ['a wrong type', { model, input: 'hi', stream: 'yes' }, 400, 'invalid_request', 'stream: expected a boolean'],
    ['an unknown tool', { model, input: 'hi', tools: [{ type: 'hammer' }] }, 400, 'invalid_request', 'tools[0].type'],
    [
      'a function without a name',
      { model, input: 'hi', tools: [{ type: 'function' }] },
      400,
      'invalid_request',
      'tools[0].name',
    ],
    [
      'a run that is not stored',
      { model, input: 'hi', background: true, store: false },
      400,
      'invalid_request',
      'background requires store',
    ],
    [
      'research in the foreground',
      { agent: 'deep-research-preview-04-2026', input: 'hi' },
      400,
      'invalid_request',
      'requires background',
    ],
    [
      'settings of a model for an agent',
      { agent: 'antigravity-preview-09-2026', input: 'hi', generation_config: { seed: 1 } },
      400,
      'invalid_request',
      'agent_config',
    ],
    ['an unknown model', { model: 'no-such-model', input: 'hi' }, 404, 'model_not_found', 'no-such-model'],
    ['an unknown agent', { agent: 'no-such-agent', input: 'hi' }, 404, 'not_found', 'no-such-agent'],
    ['an unknown interaction', { model, input: 'hi', previous_interaction_id: 'v1_x' }, 404, 'not_found', 'v1_x'],
    [
      'an unknown token',
      { model, continuation_token: 'x', input: 'hi', store: false },
      400,
      'invalid_request',
      'token is not valid',
    ],
    [
      'temperature out of range',
      { model, input: 'hi', generation_config: { temperature: 3 } },
      400,
      'invalid_request',
      'temperature',
    ],
  ])('has a code and a message: %s', async ([, body, status, code, message]) => {
    await using emulator = await createEmulator();
    const response = await send(emulator, body);
    const error = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, error]).toEqual([
      status,
      { error: { code, message: expect.stringContaining(message) as string } },
    ]);
  });

  it('has the form of this API for invalid JSON, a bad key and a wrong method too', async () => {
    await using emulator = await createEmulator();
    const broken = await fetch(`${emulator.url}/v1beta/interactions`, { method: 'POST', body: '{' });
    expect(await broken.json()).toMatchObject({ error: { code: 'invalid_request' } });
    const key = await send(emulator, { model, input: 'hi' }, { headers: { 'x-goog-api-key': 'bad-key' } });
    expect(await key.json()).toEqual({ error: { code: 'invalid_request', message: expect.any(String) as string } });
    const wrong = await send(emulator, undefined, { method: 'GET' });
    expect([wrong.status, await wrong.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
  });
});

describe('a script', () => {
  it('answers an interaction as it answers the other API', async () => {
    await using emulator = await createEmulator({
      strict: true,
      script: [
        { match: { text: 'weather', model }, reply: { functionCalls: [{ name: 'look', args: { at: 'Oslo' } }] } },
        { match: { functionResponse: 'look' }, reply: { thoughts: ['Grey.'], text: ['It is ', 'raining.'] } },
        { match: { text: 'quota' }, reply: { error: { status: 'RESOURCE_EXHAUSTED', message: 'Not now.' } } },
      ],
    });
    const first = await create(emulator, { input: 'The weather?' });
    const [, call] = first.steps ?? [];
    expect(call).toMatchObject({ type: 'function_call', name: 'look', arguments: { at: 'Oslo' } });
    const input = [{ type: 'function_result', call_id: call?.id, name: 'look', result: 'wet' }];
    const events = await stream(emulator, { input, previous_interaction_id: first.id });
    expect(events.filter(({ delta }) => delta?.type === 'text').map(({ delta }) => delta?.text)).toEqual([
      'It is ',
      'raining.',
    ]);
    expect(events.find(({ delta }) => delta?.type === 'thought_summary')?.delta?.content?.text).toBe('Grey.');
    const refused = await send(emulator, { model, input: 'quota' });
    expect([refused.status, await refused.json()]).toEqual([
      429,
      { error: { code: 'rate_limit_exceeded', message: 'Not now.' } },
    ]);
    expect((await send(emulator, { model, input: 'anything else' })).status).toBe(400);
  });

  it('may have whole steps of every kind, which are sent in deltas', async () => {
    const steps: Step[] = [
      { type: 'thought', summary: [{ type: 'text', text: 'Hm.' }], signature: 'c2ln' },
      { type: 'google_search_call', id: 's', arguments: { queries: ['x'] }, signature: 'c2ln' },
      { type: 'google_search_result', call_id: 's', result: [{ search_suggestions: 'x' }] },
      {
        type: 'model_output',
        content: [
          {
            type: 'text',
            text: 'one two three four five six seven eight',
            annotations: [{ type: 'url_citation', url: 'u' }],
          },
          { type: 'audio', mime_type: 'audio/l16', data: 'AAAA', sample_rate: 24_000 },
          { type: 'document', mime_type: 'application/pdf', uri: 'gs://b/x.pdf' },
        ],
      },
      { type: 'processing_call', id: 'p', arguments: {} },
      { type: 'processing_result', call_id: 'p', result: {} },
      { type: 'function_call', id: 'f', name: 'look', arguments: { at: 'Oslo' } },
    ];
    await using emulator = await createEmulator({ script: [{ reply: { steps: steps as never } }] });
    const events = await stream(emulator, { input: 'hi' });
    expect(lastOf(events)?.status).toBe('requires_action');
    expect(events.filter(({ delta }) => delta?.type === 'text').length).toBeGreaterThan(1);
    const { steps: told } = await get(emulator, lastOf(events)?.id, '?include_input=false');
    expect(told).toMatchObject(steps);
  });
});
