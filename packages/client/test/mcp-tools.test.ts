import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createGemini, type FunctionDeclaration, type FunctionTool, type StreamOptions } from '@gemini/client';
import { type McpClient, mcpTools } from '@gemini/client/mcp';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { createEmulator } from '@gemini/emulator';
import { asking, call, run } from './tool-turns.ts';

interface Connected extends AsyncDisposable {
  readonly client: Client;
}

/** Connects a client of the SDK to a server in this process. */
async function connect(server: {
  connect(transport: InMemoryTransport): Promise<void>;
  close(): Promise<void>;
}): Promise<Connected> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await Promise.all([server.connect(theirs), client.connect(ours)]);
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

type Handler = (
  params: Record<string, unknown> & { name?: string | undefined; cursor?: string | undefined },
) => unknown;

/** A server that answers both requests as the test says, whatever it says. */
function serving(list: Handler, answer: Handler = () => ({ content: [] })): Server {
  const server = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => list({ ...params }) as never);
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => answer({ ...params }) as never);
  return server;
}

const inputSchema = { type: 'object', properties: { city: { type: 'string' } } };
const declarationsOf = (tools: readonly FunctionTool[]): FunctionDeclaration[] =>
  tools.flatMap(({ functionDeclarations }) => functionDeclarations);

/** The result of a call of `look` whose MCP server answers with this. */
async function resultOf(answer: unknown, options: StreamOptions = {}) {
  await using mcp = await connect(
    serving(
      () => ({ tools: [{ name: 'look', inputSchema }] }),
      () => answer,
    ),
  );
  const tools = await mcpTools(mcp.client);
  const { events, outcome } = await run(asking([call('look', { city: 'Oslo' })]), { tools, ...options });
  const result = events.find((event) => event.type === 'tool-result');
  return { result, outcome };
}

it('the client of the SDK fits the shape', () => {
  expectTypeOf<Client>().toExtend<McpClient>();
});

it('a model calls the tools of an MCP server, and gets their results', async () => {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  const config = { description: 'The weather in a city.', inputSchema: { city: z.string() } };
  server.registerTool('look', config, ({ city }) => ({ content: [{ type: 'text', text: `Rain in ${city}.` }] }));
  await using mcp = await connect(server);
  const tools = await mcpTools(mcp.client, { prefix: 'weather_' });
  expect(declarationsOf(tools)).toMatchObject([
    {
      name: 'weather_look',
      description: 'The weather in a city.',
      parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  ]);

  const turn = await run(asking([call('weather_look', { city: 'Oslo' })]), { tools });
  expect(turn.outcome).toMatchObject({ status: 'completed', text: 'Done.' });
  expect(turn.contents[1]?.at(-1)?.parts).toEqual([
    { functionResponse: { id: 'weather_look', name: 'weather_look', response: { output: 'Rain in Oslo.' } } },
  ]);

  // The server checks the arguments, and the model reads its verdict.
  const wrong = await run(asking([call('weather_look', { town: 'Oslo' })]), { tools });
  expect(wrong.outcome.status).toBe('completed');
  expect(wrong.events.find(({ type }) => type === 'tool-result')).toMatchObject({
    failure: 'threw',
    response: { error: expect.stringContaining('city') as string },
  });
});

describe('the result of an MCP tool', () => {
  it.for<[name: string, answer: unknown, expected: object]>([
    ['is its text', { content: [{ type: 'text', text: 'a' }] }, { response: { output: 'a' } }],
    [
      'is its texts, joined',
      { content: ['a', 'b'].map((text) => ({ type: 'text', text })) },
      { response: { output: 'a\nb' } },
    ],
    ['is empty', { content: [] }, { response: {} }],
    [
      'is its structured content',
      { content: [{ type: 'text', text: '{"degrees":3}' }], structuredContent: { degrees: 3 } },
      { response: { degrees: 3 } },
    ],
    [
      'has images and PDFs as files, and other files without their data',
      {
        content: [
          { type: 'text', text: 'Here.' },
          { type: 'image', mimeType: 'image/png', data: 'AQID' },
          { type: 'audio', mimeType: 'audio/wav', data: 'AQIE' },
          { type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'Application/PDF; a=b', blob: 'AQIF' } },
        ],
      },
      {
        response: {
          output: 'Here.',
          omitted: [{ mimeType: 'audio/wav', bytes: 3, reason: 'the API takes no file of this type' }],
        },
        files: [
          { inlineData: { mimeType: 'image/png', data: 'AQID' } },
          { inlineData: { mimeType: 'application/pdf', data: 'AQIF', displayName: 'file:///a.pdf' } },
        ],
      },
    ],
    [
      'lists links and resources that are text',
      {
        content: [
          { type: 'resource_link', uri: 'file:///b', name: 'b' },
          { type: 'resource', resource: { uri: 'file:///c', text: 'c' } },
        ],
      },
      {
        response: {
          resources: [
            { uri: 'file:///b', name: 'b' },
            { uri: 'file:///c', text: 'c' },
          ],
        },
      },
    ],
    [
      'is the reason of an error',
      { content: [{ type: 'text', text: 'No such city.' }], isError: true },
      { failure: 'threw', response: { error: 'No such city.' } },
    ],
    [
      'is an error without a reason',
      { content: [], isError: true },
      { failure: 'threw', response: { error: 'the MCP tool failed without a reason' } },
    ],
  ])('%s', async ([, answer, expected]) => {
    const { result, outcome } = await resultOf(answer);
    expect(result).toMatchObject(expected);
    expect(outcome.status).toBe('completed');
  });

  it('is too large past maxToolResultBytes, and its files past maxToolFilesBytes', async () => {
    const limits = { maxToolResultBytes: 100, maxToolFilesBytes: 100 };
    const text = { content: [{ type: 'text', text: 'x'.repeat(200) }] };
    const image = { content: [{ type: 'image', mimeType: 'image/png', data: 'A'.repeat(200) }] };
    expect((await resultOf(text, limits)).result).toMatchObject({ failure: 'too-large' });
    expect((await resultOf(image, limits)).result).toMatchObject({ failure: 'too-large' });
  });

  it('fails if the server is gone, and the turn continues', async () => {
    const mcp = await connect(serving(() => ({ tools: [{ name: 'look', inputSchema }] })));
    const tools = await mcpTools(mcp.client);
    await mcp[Symbol.asyncDispose]();
    const { outcome, events } = await run(asking([call('look')]), { tools });
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({ failure: 'threw' });
    expect(outcome).toMatchObject({ status: 'completed', text: 'Done.' });
  });

  it('is not awaited longer than timeoutMs, and the server gets a cancellation', async () => {
    const cancelled = Promise.withResolvers<unknown>();
    const server = serving(() => ({ tools: [{ name: 'look', inputSchema }] }));
    server.setRequestHandler(CallToolRequestSchema, (_request, { signal }) => {
      signal.addEventListener('abort', () => cancelled.resolve(signal.reason));
      return new Promise<never>(() => undefined);
    });
    await using mcp = await connect(server);
    const tools = await mcpTools(mcp.client, { timeoutMs: 30 });
    const { events, outcome } = await run(asking([call('look')]), { tools });
    expect(events.find((event) => event.type === 'tool-result')?.failure).toMatch(/timeout|threw/);
    expect(outcome.status).toBe('completed');
    await cancelled.promise;
  });

  it.for<[name: string, answer: unknown, expected: object]>([
    ['no object', 7, { failure: 'threw', response: { error: 'the MCP server sent no result, but number' } }],
    ['content that is no list', { content: 'x' }, { failure: 'threw' }],
    [
      'content of unknown kinds',
      { content: [7, { type: 'hologram' }, { type: 'image' }] },
      { response: { other: [7, { type: 'hologram' }, { type: 'image' }] } },
    ],
    ['a result of the first protocol', { toolResult: { sky: 'clear' } }, { response: { sky: 'clear' } }],
  ])('of a client without checks may be %s', async ([, answer, expected]) => {
    const client: McpClient = {
      listTools: async () => ({ tools: [{ name: 'look', inputSchema }] }),
      callTool: async () => answer,
    };
    const { events } = await run(asking([call('look')]), { tools: await mcpTools(client) });
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject(expected);
  });
});

describe('the list of tools', () => {
  const page = (names: readonly string[], nextCursor?: string) => ({
    tools: names.map((name) => ({ name, inputSchema })),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  });

  it('is read over all pages, and a tool that is listed twice is there once', async () => {
    const pages: Readonly<Record<string, object>> = { '': page(['a', 'b'], '2'), '2': page(['b', 'c']) };
    await using mcp = await connect(serving(({ cursor = '' }) => pages[cursor]));
    const tools = await mcpTools(mcp.client);
    expect(declarationsOf(tools).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('has names that Gemini takes, the same each time and each its own', async () => {
    const long = 'a'.repeat(70);
    const names = ['plain', 'with space', 'with/space', '9lives', long, `${long}b`, 'größe'];
    await using mcp = await connect(
      serving(
        () => page(names),
        ({ name }) => ({ content: [{ type: 'text', text: name }] }),
      ),
    );
    const tools = await mcpTools(mcp.client, { prefix: 'x_' });
    const given = declarationsOf(tools).map(({ name = '' }) => name);
    expect(given[0]).toBe('x_plain');
    for (const name of given) expect(name).toMatch(/^[A-Za-z_][\w.:-]{0,63}$/);
    expect(new Set(given).size).toBe(names.length);
    expect(declarationsOf(await mcpTools(mcp.client, { prefix: 'x_' })).map(({ name }) => name)).toEqual(given);
    // The server is called by the tool's own name.
    const { events } = await run(asking([call(given[5] ?? '')]), { tools });
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({ response: { output: `${long}b` } });
  });

  it('is refused with mcp-failed if it has no end', async () => {
    await using repeated = await connect(serving(({ cursor }) => page([cursor ?? 'a'], 'again')));
    await expect(mcpTools(repeated.client)).rejects.toMatchObject({ code: 'mcp-failed', reason: 'endless-list' });
    let count = 0;
    await using empty = await connect(serving(() => page([], `${(count += 1)}`)));
    await expect(mcpTools(empty.client)).rejects.toMatchObject({ code: 'mcp-failed', reason: 'endless-list' });
    await using endless = await connect(serving(() => page([`tool${(count += 1)}`], `${count}`)));
    await expect(mcpTools(endless.client, { maxTools: 20 })).rejects.toMatchObject({
      code: 'mcp-failed',
      reason: 'too-large',
      limit: 20,
      received: 21,
    });
  });

  it.for<[name: string, client: McpClient, options: object, reason: string]>([
    [
      'is too large',
      { ...lister({ tools: [{ name: 'a', description: 'x'.repeat(200) }] }) },
      { maxSchemaLength: 100 },
      'too-large',
    ],
    ['is no list', lister({ tools: 'x' }), {}, 'invalid-list'],
    ['is nested too deep', lister({ tools: [{ name: 'a', inputSchema: nested(50_000) }] }), {}, 'invalid-list'],
    ['has a tool without a name', lister({ tools: [{}] }), {}, 'invalid-list'],
    ['is missing', lister(undefined), {}, 'invalid-list'],
    [
      'has a schema without an end',
      lister({ tools: [{ name: 'a', inputSchema: endlessSchema() }] }),
      {},
      'invalid-schema',
    ],
    ['fails', { ...lister({}), listTools: () => Promise.reject(new Error('gone')) }, {}, 'no-list'],
    ['is not awaited after an abort', lister({ tools: [] }), { signal: AbortSignal.abort() }, 'no-list'],
  ])('is refused with mcp-failed if it %s', async ([, client, options, reason]) => {
    await expect(mcpTools(client, options)).rejects.toMatchObject({ name: 'GeminiError', code: 'mcp-failed', reason });
  });

  it.for<[client: unknown, options: object, message: string]>([
    [{}, {}, 'client: expected a client of @modelcontextprotocol/sdk, got object'],
    [undefined, {}, 'client: expected'],
    [lister({ tools: [] }), { prefx: '' }, 'prefx: unknown option, did you mean prefix?'],
    [lister({ tools: [] }), { timeoutMs: 0 }, 'timeoutMs: expected a number above 0, got number'],
    [lister({ tools: [] }), { prefix: 7 }, 'prefix: expected a string, got number'],
  ])('with an invalid client or option is a TypeError: %j', async ([client, options, message]) => {
    const tools = mcpTools(client as McpClient, options);
    await expect(tools).rejects.toThrow(TypeError);
    await expect(mcpTools(client as McpClient, options)).rejects.toThrow(message);
  });
});

function lister(list: unknown): McpClient {
  return { listTools: async () => list, callTool: async () => ({}) };
}

/** A schema whose references multiply past every limit. */
function endlessSchema(): object {
  const $defs = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `s${index}`,
      { type: 'object', properties: { a: { $ref: `#/$defs/s${index + 1}` }, b: { $ref: `#/$defs/s${index + 1}` } } },
    ]),
  );
  return { type: 'object', properties: { a: { $ref: '#/$defs/s0' } }, $defs };
}

function nested(levels: number): object {
  let schema: object = {};
  for (let level = 0; level < levels; level += 1) schema = { items: schema };
  return schema;
}

it('two servers work beside functions of tool() in one stream', async () => {
  await using first = await connect(
    serving(
      () => ({ tools: [{ name: 'look', inputSchema }] }),
      () => ({ content: [{ type: 'text', text: 'one' }] }),
    ),
  );
  await using second = await connect(
    serving(
      () => ({ tools: [{ name: 'look', inputSchema }] }),
      () => ({ content: [{ type: 'text', text: 'two' }] }),
    ),
  );
  const tools = [
    ...(await mcpTools(first.client, { prefix: 'a_' })),
    ...(await mcpTools(second.client, { prefix: 'b_' })),
  ];
  await using emulator = await createEmulator(asking([call('a_look'), call('b_look')]));
  const stream = createGemini({ baseUrl: emulator.url }).stream('Go.', { tools });
  const results: unknown[] = [];
  for await (const event of stream) if (event.type === 'tool-result') results.push(event.response);
  expect(results).toEqual([{ output: 'one' }, { output: 'two' }]);
});
