import { type JsonSchema, type ObjectSchema, type ReadSchema, readSchema } from '../objects/schema.ts';
import { kindOf } from '../wire/guard.ts';
import type { FunctionDeclaration, Tool } from '../wire/tool-types.ts';
import type { FunctionCall } from '../wire/types.ts';

/** The call of a function, as the function sees it. */
export interface ToolContext {
  readonly call: FunctionCall;
  /** The number of the answer that made the call, from 1. */
  readonly round: number;
  /** Aborted when the stream stops or the function's time is over: its result is not used any more. */
  readonly signal: AbortSignal;
}

interface ToolDescription {
  /** A letter or `_`, then letters, digits and `_ . : -`; at most 128 characters. */
  readonly name: string;
  /** The description that the model reads. */
  readonly description?: string | undefined;
  /**
   * The most time that the function may take, in milliseconds.
   * @defaultValue the stream's `toolTimeoutMs`. Past it the function's signal is aborted, and the call fails.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the function may run twice for one call, for example because it only reads. With a `streamLog` it runs again if
   * its process was lost while it ran.
   * @defaultValue false: the stream then ends as `producer-lost`, because the function may have done its work
   */
  readonly idempotent?: boolean | undefined;
}

/** A function whose arguments a schema describes. */
export interface ToolDefinition<Arguments> extends ToolDescription {
  /** A zod schema, or another one that implements Standard Schema. It is sent to the model as JSON Schema. */
  readonly parameters: ObjectSchema<unknown, Arguments>;
  /**
   * Called with the schema's output for the arguments. Its return value goes back to the model as JSON. Without it, the
   * caller answers the calls.
   */
  readonly execute?: ((args: Arguments, context: ToolContext) => unknown) | undefined;
}

/** A function without arguments, or with a plain JSON Schema for them. */
export interface PlainToolDefinition extends ToolDescription {
  readonly parameters?: JsonSchema | undefined;
  readonly execute?: ((args: Record<string, unknown>, context: ToolContext) => unknown) | undefined;
}

/** A function that runs here. */
export interface ToolRunner {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly idempotent?: boolean | undefined;
  readonly validate: ReadSchema['validate'];
  readonly execute: ((args: never, context: ToolContext) => unknown) | undefined;
}

/** A registered symbol: tools of another copy of this package are recognized too. */
const runnerKey = Symbol.for('@gemini/client/tool');

/** An entry of `tools` with its function. As JSON it is an entry of the API. */
export interface FunctionTool extends Tool {
  functionDeclarations: [FunctionDeclaration & { name: string }];
  readonly [runnerKey]: ToolRunner;
}

/**
 * Makes a function that the model can call: an entry for `tools`, beside those of the API such as
 * `{ googleSearch: {} }`.
 * @throws TypeError for a name that the API does not take, and for a schema that is not one of an object
 */
export function tool<Arguments>(definition: ToolDefinition<Arguments>): FunctionTool;
export function tool(definition: PlainToolDefinition): FunctionTool;
export function tool(definition: ToolDescription & { parameters?: unknown; execute?: unknown }): FunctionTool {
  const { name, description, parameters, timeoutMs, idempotent = false, execute } = definition;
  if (typeof name !== 'string' || !/^[A-Za-z_][\w.:-]{0,127}$/.test(name)) {
    throw new TypeError(`name: expected a letter or _ and up to 127 of A-Z a-z 0-9 _ . : -, got ${quoted(name)}`);
  }
  if (execute !== undefined && typeof execute !== 'function') {
    throw new TypeError(`${name}.execute: expected a function, got ${typeof execute}`);
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new TypeError(`${name}.timeoutMs: expected a number above 0, got ${String(timeoutMs)}`);
  }
  if (typeof idempotent !== 'boolean') {
    throw new TypeError(`${name}.idempotent: expected true or false, got ${typeof idempotent}`);
  }
  const schema = parameters === undefined ? undefined : readParameters(name, parameters);
  const declaration: FunctionDeclaration = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: schema.jsonSchema }),
  };
  const validate: ReadSchema['validate'] = async (value) => schema?.validate(value) ?? { value };
  return functionTool(declaration, {
    name,
    timeoutMs,
    idempotent,
    validate,
    execute: execute as ToolRunner['execute'],
  });
}

/** Ties a declaration to the function that runs its calls. */
export function functionTool(declaration: FunctionDeclaration, runner: ToolRunner): FunctionTool {
  const entry: object = { functionDeclarations: [declaration] };
  return Object.defineProperty(entry, runnerKey, { value: runner }) as FunctionTool;
}

/** Returns the function of an entry of `tools`; `undefined` for the API's own entries. */
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
export class ToolSet {
  /** The entries as they were given. */
  readonly entries: readonly Tool[];
  /** The `tools` of the request: every function in one entry, beside the API's own tools. */
  readonly wire: readonly Tool[];
  /** The functions that run here, by name. */
  readonly runners = new Map<string, ToolRunner>();
  /** Whether `tool()` made one of the entries: another answer may follow the first. */
  readonly isOurs: boolean;
  /** Functions are declared beside tools that the server runs. */
  readonly isMixed: boolean;
  /** Functions that are declared without anything to run them. */
  readonly #open = new Set<string>();

  /**
   * Sorts the entries of `tools`.
   * @throws TypeError for an invalid entry, and for two functions of one name
   */
  constructor(entries: readonly unknown[]) {
    const declarations: object[] = [];
    const others: object[] = [];
    let isOurs = false;
    for (const [index, entry] of entries.entries()) {
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
        throw new TypeError(`tools[${index}]: expected a tool() or an entry of the API, got ${kindOf(entry)}`);
      }
      if ('callTool' in entry) {
        throw new TypeError(`tools[${index}]: expected a tool(), got a CallableTool of another package`);
      }
      const { functionDeclarations, ...more } = entry as { functionDeclarations?: unknown };
      const own = Array.isArray(functionDeclarations) ? (functionDeclarations as object[]) : [];
      const runner = runnerOf(entry);
      if (runner !== undefined) isOurs = true;
      for (const declaration of own) this.#declare(declaration, runner);
      declarations.push(...own);
      if (Object.keys(more).length > 0) others.push(more);
    }
    // Some models take several entries only if none of them declares functions.
    this.entries = entries as readonly Tool[];
    const functions = declarations.length === 0 ? [] : [{ functionDeclarations: declarations }];
    this.wire = [...functions, ...others] as Tool[];
    this.isOurs = isOurs;
    this.isMixed = declarations.length > 0 && others.length > 0;
  }

  /** Returns who answers the calls of a function: we, the caller, or possibly the server. */
  ownerOf(name: string): 'us' | 'caller' | 'nobody' {
    if (this.runners.has(name)) return 'us';
    return this.#open.has(name) ? 'caller' : 'nobody';
  }

  #declare(declaration: object, runner: ToolRunner | undefined): void {
    const { name } = declaration as { name?: unknown };
    if (typeof name !== 'string') return;
    if (this.ownerOf(name) !== 'nobody') throw new TypeError(`tools: expected ${name} once, got it twice`);
    if (runner?.execute === undefined) this.#open.add(name);
    else this.runners.set(name, runner);
  }
}
