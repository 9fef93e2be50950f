import { plainCopy } from '../plain-json.ts';
import type { ToolFailure } from '../types.ts';
import { isRecord } from '../wire/guard.ts';
import type { FunctionCall, FunctionResponsePart } from '../wire/types.ts';
import { filesSize, readToolResult } from './tool-files.ts';
import type { ToolRunner } from './tool.ts';

/** The result of a call. */
export interface ToolResult {
  /** The response for the model: `{ error }` if the call failed. */
  readonly response: Record<string, unknown>;
  /** The files beside it. */
  readonly files?: readonly FunctionResponsePart[] | undefined;
  readonly failure?: ToolFailure | undefined;
  /** The value that the function threw. */
  readonly error?: unknown;
  readonly durationMs: number;
}

/** The conditions under which a call runs. */
interface ToolRun {
  readonly round: number;
  /** Aborted when the result is not used any more. */
  readonly signal: AbortSignal;
  readonly toolTimeoutMs: number;
  readonly maxToolResultBytes: number;
  readonly maxToolFilesBytes: number;
}

/** The longest delay of a timer. */
const maxTimerMs = 2 ** 31 - 1;
/** The longest error for the model, in characters, and the most issues in it. */
const maxErrorLength = 2_000;
const maxIssues = 5;

type Outcome = Omit<ToolResult, 'durationMs'>;

/** Runs the function of a call within its time, and only with valid arguments. Never rejects. */
export async function runTool(call: FunctionCall, runner: ToolRunner | undefined, run: ToolRun): Promise<ToolResult> {
  const startedMs = performance.now();
  const result = runner === undefined ? unknownTool(call) : await runWithin(call, runner, run);
  return { ...result, durationMs: performance.now() - startedMs };
}

function unknownTool({ name }: FunctionCall): Outcome {
  return failed('unknown-tool', `there is no function ${name}`);
}

async function runWithin(call: FunctionCall, runner: ToolRunner, run: ToolRun): Promise<Outcome> {
  const { signal, toolTimeoutMs } = run;
  const timeoutMs = Math.min(runner.timeoutMs ?? toolTimeoutMs, maxTimerMs);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let leave = (): void => undefined;
  const over = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      controller.abort(new DOMException(`${runner.name} took more than ${timeoutMs} ms`, 'TimeoutError'));
      resolve(failed('timeout', `it took more than ${timeoutMs} ms`));
    }, timeoutMs);
    leave = () => {
      controller.abort(signal.reason);
      resolve(failed('threw', 'the turn is over', signal.reason));
    };
  });
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([execute(call, runner, run, controller.signal), over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

async function execute(
  call: FunctionCall,
  { validate, execute: run }: ToolRunner,
  { round, maxToolResultBytes, maxToolFilesBytes }: ToolRun,
  signal: AbortSignal,
): Promise<Outcome> {
  let value: unknown;
  const { length: lostPieces } = call.partialArgs ?? [];
  if (lostPieces > 0) return failed('invalid-arguments', `${lostPieces} pieces of the arguments have no valid place`);
  try {
    // Copies: a function that changes its arguments does not change the history.
    const own = plainCopy(call, 'call');
    const checked = await validate(plainCopy(call.args ?? {}, 'args'));
    if ('issues' in checked) return failed('invalid-arguments', describeIssues(checked.issues));
    value = await run?.(checked.value as never, { call: own, round, signal });
  } catch (error) {
    return failed('threw', messageOf(error), error);
  }
  const { response, parts } = readToolResult(value);
  const result = resultOf(response, maxToolResultBytes);
  if (parts.length === 0 || result.failure !== undefined) return result;
  const bytes = filesSize(parts);
  if (bytes <= maxToolFilesBytes) return { ...result, files: parts };
  return failed('too-large', `its files have ${bytes} bytes: at most ${maxToolFilesBytes} are allowed`);
}

/** Returns a result in the form of the API: an object as it is, any other value as `output`, `undefined` as `{}`. */
function resultOf(value: unknown, maxBytes: number): Outcome {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    return failed('not-json', 'its result is not JSON', error);
  }
  if (json === undefined) {
    return value === undefined
      ? { response: {} }
      : failed('not-json', `its result is not JSON, but of type ${typeof value}`);
  }
  const bytes = Buffer.byteLength(json);
  if (bytes > maxBytes) return failed('too-large', `its result has ${bytes} bytes: at most ${maxBytes} are allowed`);
  // A copy: the function may change its object later.
  const plain: unknown = JSON.parse(json);
  return { response: isRecord(plain) ? plain : { output: plain } };
}

// A function may throw anything, also a value that cannot be converted to a string.
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'it failed';
  }
}

function failed(failure: ToolFailure, message: string, error?: unknown): Outcome {
  return { response: { error: message.slice(0, maxErrorLength) }, failure, error };
}

function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  const named = issues.slice(0, maxIssues).map(({ path, message }) => `${pathText(path)}: ${message}`);
  const more = issues.length > maxIssues ? [`and ${issues.length - maxIssues} more`] : [];
  return `the arguments do not fit: ${[...named, ...more].join('; ')}`;
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? 'args' : `args${text}`;
}
