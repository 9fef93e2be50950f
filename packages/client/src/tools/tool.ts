import { type JsonSchema, type ObjectSchema, type ReadSchema, readSchema } from '../objects/schema.ts';
import { kindOf } from '../wire/guard.ts';
import type { FunctionCall } from '../wire/types.ts';

/** What a function knows of its call. */
export interface ToolContext {
  readonly call: FunctionCall;
  /** Which answer of the turn made the call, from 1. */
  readonly round: number;
  /** Aborted when the stream stops or the function's time is over: nobody waits for its result any more. */
  readonly signal: AbortSignal;
}

interface ToolDescription {
  /** A letter or `_`, then letters, digits and `_ . : -`; 128 characters at the most. */
  readonly name: string;
  /** What the model is told of it. */
  readonly description?: string | undefined;
  /**
   * How long the function may take.
   * @defaultValue the stream's `toolTimeoutMs`. Past it its signal is aborted, and the call has failed.
   */
  readonly timeoutMs?: number | undefined;
}

/** A function whose arguments a schema describes. */
export interface ToolDefinition<Arguments> extends ToolDescription {
  /** A zod schema, or another one that speaks Standard Schema. The model is given it as JSON Schema. */
  readonly parameters: ObjectSchema<unknown, Arguments>;
  /**
   * Gets what the schema made of the arguments. What it returns goes back to the model as JSON. Without it the calls
   * are the caller's to answer.
   */
  readonly execute?: ((args: Arguments, context: ToolContext) => unknown) | undefined;
}

/** A function without arguments, or with a plain JSON Schema for them. */
export interface PlainToolDefinition extends ToolDescription {
  readonly parameters?: JsonSchema | undefined;
  readonly execute?: ((args: Record<string, unknown>, context: ToolContext) => unknown) | undefined;
}

/** What runs a function. */
export interface ToolRunner {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly validate: ReadSchema['validate'];
  readonly execute: ((args: never, context: ToolContext) => unknown) | undefined;
}

/** How a function is declared to the model. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parametersJsonSchema?: unknown;
}

/** By name, so that two copies of the package can meet. */
const runnerKey = Symbol.for('@gemini/client/tool');

/** An entry of `tools` that also knows how to run its function. As JSON it is what the API takes. */
export interface FunctionTool {
  readonly functionDeclarations: readonly [FunctionDeclaration];
  readonly [runnerKey]: ToolRunner;
}

/**
 * Makes a function that the model can call: an entry for `tools`, beside those of the API such as
 * `{ googleSearch: {} }`.
 * @throws TypeError for a name that the API does not take, and for a schema that is none of an object
 */
export function tool<Arguments>(definition: ToolDefinition<Arguments>): FunctionTool;
export function tool(definition: PlainToolDefinition): FunctionTool;
export function tool(definition: ToolDescription & { parameters?: unknown; execute?: unknown }): FunctionTool {
  const { name, description, parameters, timeoutMs, execute } = definition;
  if (typeof name !== 'string' || !/^[A-Za-z_][\w.:-]{0,127}$/.test(name)) {
    throw new TypeError(`name: expected a letter or _ and up to 127 of A-Z a-z 0-9 _ . : -, got ${quoted(name)}`);
  }
  if (execute !== undefined && typeof execute !== 'function') {
    throw new TypeError(`${name}.execute: expected a function, got ${typeof execute}`);
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new TypeError(`${name}.timeoutMs: expected a number above 0, got ${String(timeoutMs)}`);
  }
  const schema = parameters === undefined ? undefined : readParameters(name, parameters);
  const declaration: FunctionDeclaration = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: schema.jsonSchema }),
  };
  const validate: ReadSchema['validate'] = async (value) => schema?.validate(value) ?? { value };
  const runner: ToolRunner = { name, timeoutMs, validate, execute: execute as ToolRunner['execute'] };
  const entry: object = { functionDeclarations: [declaration] };
  return Object.defineProperty(entry, runnerKey, { value: runner }) as FunctionTool;
}

/** What runs an entry of `tools`; `undefined` for the API's own. */
function runnerOf(entry: object): ToolRunner | undefined {
  return (entry as Partial<FunctionTool>)[runnerKey];
}

function readParameters(name: string, parameters: unknown): ReadSchema {
  let schema: ReadSchema;
  try {
    schema = readSchema(parameters);
  } catch (cause) {
    throw new TypeError(`${name}.parameters: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const { type = 'object' } = schema.jsonSchema;
  if (type !== 'object') {
    throw new TypeError(`${name}.parameters: expected the schema of an object, got one of ${quoted(type)}`);
  }
  return schema;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeof value;
}

/** The functions and tools of one stream. */
export interface ToolSet {
  /** What the API is sent: every function in one entry, beside the API's own. */
  readonly wire: object[];
  /** What `tool()` made, by name. */
  readonly runners: ReadonlyMap<string, ToolRunner>;
  /** Who answers the calls of a function: we, or the caller. The server may know others. */
  readonly ownerOf: (name: string) => 'us' | 'caller' | 'nobody';
  /** Some of it was made by `tool()`: an answer may have another one after it. */
  readonly isOurs: boolean;
}

/**
 * Sorts the entries of `tools`.
 * @throws TypeError for what is no entry, and for two functions of one name
 */
export function createToolSet(entries: readonly unknown[]): ToolSet {
  const declarations: object[] = [];
  const others: object[] = [];
  const runners = new Map<string, ToolRunner>();
  const open = new Set<string>();
  let isOurs = false;

  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw new TypeError(`tools[${index}]: expected what tool() makes or an entry of the API, got ${kindOf(entry)}`);
    }
    if ('callTool' in entry) {
      throw new TypeError(`tools[${index}]: expected what tool() makes, got a CallableTool of another package`);
    }
    const { functionDeclarations, ...more } = entry as { functionDeclarations?: unknown };
    const own = Array.isArray(functionDeclarations) ? (functionDeclarations as object[]) : [];
    const runner = runnerOf(entry);
    if (runner !== undefined) isOurs = true;
    for (const declaration of own) {
      const { name } = declaration as { name?: unknown };
      if (typeof name !== 'string') continue;
      if (open.has(name) || runners.has(name)) throw new TypeError(`tools: expected ${name} once, got it twice`);
      if (runner?.execute === undefined) open.add(name);
      else runners.set(name, runner);
    }
    declarations.push(...own);
    if (Object.keys(more).length > 0) others.push(more);
  }
  // Some models take several entries only where none of them declares functions.
  const functions = declarations.length === 0 ? [] : [{ functionDeclarations: declarations }];
  const ownerOf: ToolSet['ownerOf'] = (name) => (runners.has(name) ? 'us' : open.has(name) ? 'caller' : 'nobody');
  return { wire: [...functions, ...others], runners, ownerOf, isOurs };
}
