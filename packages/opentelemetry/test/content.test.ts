import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { afterEach, describe, expect, it } from 'vitest';
import { contentVariable } from '../src/names.ts';
import { instrumented } from './telemetry.ts';

const secrets = [
  'a-secret-prompt',
  'a-secret-rule',
  'a-secret-city',
  'a-secret-sky',
  'a-secret-answer',
  'a-key-of-twelve',
];
const [prompt = '', rule = '', city = '', sky = '', answer = '', apiKey = ''] = secrets;
const script = [
  { match: { functionResponse: 'weather' }, reply: { text: answer, thoughts: 'Let me see.' } },
  { reply: { functionCalls: [{ id: 'call-1', name: 'weather', args: { city } }] } },
];
const weather = tool({ name: 'weather', description: 'The weather of a city', execute: () => ({ sky }) });
afterEach(() => {
  delete process.env[contentVariable];
});

/** Streams one turn with a function, and returns everything that was exported. */
async function turn(telemetry: ReturnType<typeof instrumented>) {
  await using emulator = await createEmulator({ script });
  const gemini = createGemini({ baseUrl: emulator.url, apiKey });
  const options = { systemInstruction: rule, tools: [weather] };
  await gemini.stream([{ text: prompt }, { inlineData: { mimeType: 'image/png', data: 'AAAAAA==' } }], options).outcome;
  const spans = telemetry.spans().map(({ name, attributes, events }) => ({ name, attributes, events }));
  const logs = telemetry.logs().map(({ eventName, attributes }) => ({ eventName, attributes }));
  const all = JSON.stringify([spans, logs, [...(await telemetry.metrics()).values()]]);
  return { spans, logs, all };
}

describe('content', () => {
  it('is recorded nowhere by default', async () => {
    using telemetry = instrumented();
    const { all, logs } = await turn(telemetry);
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(logs).toEqual([]);
  });

  it('is in spans with captureContent, in the form of the conventions and without the key', async () => {
    using telemetry = instrumented({ captureContent: 'span' });
    const { spans, logs, all } = await turn(telemetry);
    expect(logs).toEqual([]);
    expect(all).not.toContain(apiKey);
    const [first, call, second] = spans.map(({ attributes }) => attributes);
    const parsed = (value: unknown): unknown => JSON.parse(String(value));
    const asked = {
      role: 'user',
      parts: [
        { type: 'text', content: prompt },
        { type: 'blob', mime_type: 'image/png', modality: 'image', size: 4 },
      ],
    };
    const toolCall = { type: 'tool_call', id: 'call-1', name: 'weather', arguments: { city } };
    expect(parsed(first?.['gen_ai.input.messages'])).toEqual([asked]);
    expect(parsed(first?.['gen_ai.system_instructions'])).toEqual([{ type: 'text', content: rule }]);
    expect(parsed(first?.['gen_ai.tool.definitions'])).toMatchObject([
      { type: 'function', name: 'weather', description: 'The weather of a city' },
    ]);
    expect(parsed(first?.['gen_ai.output.messages'])).toEqual([
      { role: 'assistant', parts: [toolCall], finish_reason: 'STOP' },
    ]);
    expect(parsed(call?.['gen_ai.tool.call.arguments'])).toEqual({ city });
    expect(parsed(call?.['gen_ai.tool.call.result'])).toEqual({ sky });
    const result = { type: 'tool_call_response', id: 'call-1', name: 'weather', response: { sky } };
    expect(parsed(second?.['gen_ai.input.messages'])).toEqual([
      asked,
      { role: 'assistant', parts: [toolCall] },
      { role: 'tool', parts: [result] },
    ]);
    expect(parsed(second?.['gen_ai.output.messages'])).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Let me see.' },
          { type: 'text', content: answer },
        ],
        finish_reason: 'STOP',
      },
    ]);
  });

  it("is in log records with 'event', with the facts of the stream, and not in spans", async () => {
    using telemetry = instrumented({ captureContent: 'event' });
    const { spans, logs } = await turn(telemetry);
    for (const secret of secrets) expect(JSON.stringify(spans)).not.toContain(secret);
    expect(logs.map(({ eventName }) => eventName)).toEqual(Array(2).fill('gen_ai.client.inference.operation.details'));
    expect(logs[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.request.model': 'gemini-flash-latest',
      'gen_ai.response.finish_reasons': ['STOP'],
      'gen_ai.input.messages': expect.stringContaining(prompt),
    });
  });

  it.for([
    ['true', { spans: true, logs: true }],
    ['SPAN_AND_EVENT', { spans: true, logs: true }],
    ['span_only', { spans: true, logs: false }],
    ['event_only', { spans: false, logs: true }],
    ['false', { spans: false, logs: false }],
    ['perhaps', { spans: false, logs: false }],
  ] as const)('follows the variable of the conventions: %s', async ([value, expected]) => {
    process.env[contentVariable] = value;
    using telemetry = instrumented();
    const { spans, logs } = await turn(telemetry);
    const has = (exported: unknown): boolean => JSON.stringify(exported).includes(prompt);
    expect({ spans: has(spans), logs: has(logs) }).toEqual(expected);
  });

  it('of the option wins over the variable', async () => {
    process.env[contentVariable] = 'true';
    using telemetry = instrumented({ captureContent: false });
    expect((await turn(telemetry)).all).not.toContain(prompt);
  });

  it('of an interaction is in the same form', async () => {
    using telemetry = instrumented({ captureContent: 'span' });
    await using emulator = await createEmulator();
    const { interactions } = createGemini({ baseUrl: emulator.url });
    const picture = { type: 'image', mime_type: 'image/png', data: 'AAAA' };
    const input = [
      { type: 'user_input', content: [{ type: 'text', text: prompt }] },
      { type: 'model_output', content: [{ type: 'text', text: 'Yes?' }] },
      { type: 'user_input', content: [{ type: 'text', text: 'And this' }, picture] },
    ];
    const { text } = await interactions.stream(input, { systemInstruction: rule }).outcome;
    const { attributes = {} } = telemetry.spans()[0] ?? {};
    expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: prompt }] },
      { role: 'assistant', parts: [{ type: 'text', content: 'Yes?' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'And this' },
          { type: 'blob', mime_type: 'image/png', modality: 'image', size: 3 },
        ],
      },
    ]);
    expect(JSON.parse(String(attributes['gen_ai.system_instructions']))).toEqual([{ type: 'text', content: rule }]);
    const [message] = JSON.parse(String(attributes['gen_ai.output.messages'])) as { parts: { content?: string }[] }[];
    expect(message?.parts.map(({ content }) => content).join('')).toContain(text);
  });
});
