import { refuseUnknown } from '@gemini/http-streaming';
import { createHash } from 'node:crypto';
import { aString, expectValid, kind, optional } from './check.ts';
import { GeminiError } from './errors.ts';
import { readMcpResult } from './mcp/mcp-result.ts';
import { fitSchema } from './objects/fit-schema.ts';
import { type FunctionTool, type ToolContext, functionTool } from './tools/tool.ts';
import { isRecord, kindOf } from './wire/guard.ts';

/** Options of one request to an MCP server. */
export interface McpRequestOptions {
  readonly signal?: AbortSignal;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** The methods of a client of the Model Context Protocol that are used: those of `@modelcontextprotocol/sdk`. */
export interface McpClient {
  listTools(params?: { cursor?: string }, options?: McpRequestOptions): Promise<unknown>;
  callTool(
    params: { name: string; arguments?: Record<string, unknown> },
    resultSchema?: undefined,
    options?: McpRequestOptions,
  ): Promise<unknown>;
}

/** Options of `mcpTools`. */
export interface McpToolsOptions {
  /** Put before the name of each tool, for several servers with tools of the same name. @defaultValue `''` */
  readonly prefix?: string | undefined;
  /**
   * The most time that a call, or one page of the list, may take, in milliseconds.
   * @defaultValue 60 000. Past it the call fails, or the list fails with `mcp-failed`.
   */
  readonly timeoutMs?: number | undefined;
  /** The most tools that the server may list. @defaultValue 512. Past it: `mcp-failed`. */
  readonly maxTools?: number | undefined;
  /**
   * The most characters of JSON that the tools may have together: names, descriptions and schemas. They are sent with every
   * request.
   * @defaultValue 1 048 576. Past it: `mcp-failed`.
   */
  readonly maxSchemaLength?: number | undefined;
  /** An abort ends the list. It has no effect on calls, which end with their stream. */
  readonly signal?: AbortSignal | undefined;
}

const defaults = { prefix: '', timeoutMs: 60_000, maxTools: 512, maxSchemaLength: 1024 * 1024 } as const;
const positive = optional(kind('a number above 0', (value) => typeof value === 'number' && value > 0));

/**
 * Returns the tools of an MCP server as entries for `tools`. Each call runs on the server, with the signal and the limits
 * of any function. Call it again after the server's list has changed.
 *
 * A name that Gemini does not take, or that is longer than 64 characters with its prefix, is replaced by a similar one,
 * which is the same each time. The server checks the arguments.
 * @throws TypeError for an invalid client or option
 * @throws GeminiError `mcp-failed` if the list cannot be had, is invalid, or exceeds a limit
 */
export async function mcpTools(client: McpClient, options: McpToolsOptions = {}): Promise<FunctionTool[]> {
  for (const method of ['listTools', 'callTool'] as const) {
    if (typeof (client as Partial<McpClient> | undefined)?.[method] === 'function') continue;
    throw new TypeError(`client: expected a client of @modelcontextprotocol/sdk, got ${kindOf(client)}`);
  }
  refuseUnknown('', options, [...Object.keys(defaults), 'signal']);
  const { prefix = '', timeoutMs, maxTools, maxSchemaLength, signal } = options;
  expectValid(optional(aString), prefix, 'prefix');
  for (const [name, value] of Object.entries({ timeoutMs, maxTools, maxSchemaLength })) {
    expectValid(positive, value, name);
  }
  const limits = {
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    maxTools: maxTools ?? defaults.maxTools,
    maxSchemaLength: maxSchemaLength ?? defaults.maxSchemaLength,
  };
  const listed = await listTools(client, { ...limits, signal });
  return listed.map((tool) => toFunction(client, tool, prefix, limits.timeoutMs));
}

interface ListedTool {
  readonly name: string;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
}

interface ListLimits {
  readonly timeoutMs: number;
  readonly maxTools: number;
  readonly maxSchemaLength: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads all pages. A server that lists a tool twice has one tool of that name. */
async function listTools(client: McpClient, limits: ListLimits): Promise<readonly ListedTool[]> {
  const tools = new Map<string, ListedTool>();
  const cursors = new Set<string>();
  let length = 0;
  for (let cursor: string | undefined; ;) {
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const page = await readPage(client, cursor, limits);
    for (const tool of page.tools) {
      if (tools.has(tool.name)) continue;
      tools.set(tool.name, tool);
      length += lengthOf(tool);
      if (tools.size > limits.maxTools) throw tooMuch('tools', 'maxTools', limits.maxTools, tools.size);
      if (length > limits.maxSchemaLength) {
        throw tooMuch('characters of tools', 'maxSchemaLength', limits.maxSchemaLength, length);
      }
    }
    const { nextCursor } = page;
    if (nextCursor === undefined) return [...tools.values()];
    // A page without a tool, or a cursor that came before, could continue for ever.
    if (page.tools.length === 0 || cursors.has(nextCursor)) {
      throw new GeminiError('mcp-failed', 'the list of tools has no end', { reason: 'endless-list' });
    }
    cursors.add(nextCursor);
    cursor = nextCursor;
  }
}

interface Page {
  readonly tools: readonly ListedTool[];
  readonly nextCursor: string | undefined;
}

async function readPage(
  client: McpClient,
  cursor: string | undefined,
  { timeoutMs, signal }: ListLimits,
): Promise<Page> {
  let page: unknown;
  try {
    signal?.throwIfAborted();
    page = await client.listTools(cursor === undefined ? {} : { cursor }, requestOptions(timeoutMs, signal));
  } catch (cause) {
    throw new GeminiError('mcp-failed', 'the MCP server did not list its tools', { reason: 'no-list', cause });
  }
  const { tools, nextCursor } = isRecord(page) ? page : {};
  const isList = Array.isArray(tools) && tools.every((tool) => isRecord(tool) && typeof tool['name'] === 'string');
  if (!isList || (nextCursor !== undefined && nextCursor !== null && typeof nextCursor !== 'string')) {
    throw new GeminiError('mcp-failed', 'the MCP server sent an invalid list of tools', { reason: 'invalid-list' });
  }
  return { tools: tools as ListedTool[], nextCursor: nextCursor || undefined };
}

function lengthOf({ name, description, inputSchema }: ListedTool): number {
  try {
    return JSON.stringify([name, description, inputSchema]).length;
  } catch (cause) {
    // Nested too deep, or not JSON.
    throw new GeminiError('mcp-failed', 'the MCP server sent an invalid list of tools', {
      reason: 'invalid-list',
      cause,
    });
  }
}

function tooMuch(what: string, option: string, limit: number, received: number): GeminiError {
  const message = `the MCP server lists more than ${limit} ${what}: ${option} is ${limit}`;
  return new GeminiError('mcp-failed', message, { reason: 'too-large', limit, received });
}

/** The longest delay of a timer, for `Infinity`. */
const maxTimerMs = 2 ** 31 - 1;

function requestOptions(timeoutMs: number, signal: AbortSignal | undefined): McpRequestOptions {
  return { timeout: Math.min(timeoutMs, maxTimerMs), ...(signal === undefined ? {} : { signal }) };
}

function toFunction(client: McpClient, tool: ListedTool, prefix: string, timeoutMs: number): FunctionTool {
  const name = functionName(prefix, tool.name);
  const declaration = {
    name,
    ...(typeof tool.description === 'string' && tool.description !== '' ? { description: tool.description } : {}),
    ...(isRecord(tool.inputSchema) ? { parametersJsonSchema: parametersOf(tool.name, tool.inputSchema) } : {}),
  };
  const execute = async (args: Record<string, unknown>, { signal }: ToolContext): Promise<unknown> =>
    readMcpResult(
      await client.callTool({ name: tool.name, arguments: args }, undefined, requestOptions(timeoutMs, signal)),
    );
  // The server's own schema judges the arguments: a pattern of it could hold this process up.
  return functionTool(declaration, { name, timeoutMs, validate: async (value) => ({ value }), execute });
}

function parametersOf(name: string, inputSchema: Record<string, unknown>): Record<string, unknown> {
  try {
    return fitSchema(inputSchema).schema;
  } catch (cause) {
    const message = `the schema of the MCP tool ${JSON.stringify(name.slice(0, 64))} cannot be used`;
    throw new GeminiError('mcp-failed', message, { reason: 'invalid-schema', cause });
  }
}

/** The longest name that Gemini takes in every version of its API. */
const maxNameLength = 64;

/** Returns a name that Gemini takes. A changed one ends in a hash of the tool's own, so that two never become the same. */
function functionName(prefix: string, name: string): string {
  const whole = prefix + name;
  if (/^[A-Za-z_][\w.:-]*$/.test(whole) && whole.length <= maxNameLength) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  const clean = whole.replaceAll(/[^\w.:-]/g, '_').replace(/^(?![A-Za-z_])/, '_');
  return `${clean.slice(0, maxNameLength - hash.length - 1)}_${hash}`;
}
