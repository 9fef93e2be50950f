import type { Tool } from '../wire/tool-types.ts';

/** The functions that the model may call, and the limits of calling them. */
export interface ToolOptions {
  /**
   * Functions made by `tool()`, and entries of the API such as `{ googleSearch: {} }` or
   * `{ functionDeclarations: [...] }`, which are sent as they are. The caller answers the calls of functions that cannot
   * run here.
   */
  readonly tools?: readonly Tool[] | undefined;
  /**
   * The most answers of one turn.
   * @defaultValue 10. If the last one still calls functions, they do not run, and the stream fails with
   * `too-many-rounds`.
   */
  readonly maxRounds?: number | undefined;
  /**
   * The most calls of one answer.
   * @defaultValue 128. At the next one the stream fails with `too-many-calls`, and no further call runs.
   */
  readonly maxCallsPerAnswer?: number | undefined;
  /**
   * The most functions that run at a time.
   * @defaultValue 8. Further calls wait in their order.
   */
  readonly maxParallelCalls?: number | undefined;
  /**
   * The most time that a function without a limit of its own may take, in milliseconds; `Infinity` is no limit.
   * @defaultValue 60 000. Past it the function's signal is aborted, and the call fails.
   */
  readonly toolTimeoutMs?: number | undefined;
  /**
   * The largest result of a function, in bytes of JSON.
   * @defaultValue 1 048 576 (1 MiB). Past it the call fails.
   */
  readonly maxToolResultBytes?: number | undefined;
  /**
   * The files of one result of a function together, in bytes of base64.
   * @defaultValue 15 728 640 (15 MiB): the API takes requests of 20 MB. Past it the call fails.
   */
  readonly maxToolFilesBytes?: number | undefined;
  /**
   * The consequence of a failed call: the model gets the error as its result, or the stream fails with `tool-failed`.
   * The model always gets its own mistakes as results: a function that does not exist, and invalid arguments.
   * @defaultValue `'tell-model'`
   */
  readonly onToolError?: 'tell-model' | 'fail' | undefined;
}

/** The limits of calling functions, each with a value. */
export interface ToolLimits {
  readonly maxRounds: number;
  readonly maxCallsPerAnswer: number;
  readonly maxParallelCalls: number;
  readonly toolTimeoutMs: number;
  readonly maxToolResultBytes: number;
  readonly maxToolFilesBytes: number;
  readonly onToolError: 'tell-model' | 'fail';
}

/** The default limits of calling functions. */
export const defaultToolLimits: ToolLimits = {
  maxRounds: 10,
  maxCallsPerAnswer: 128,
  maxParallelCalls: 8,
  toolTimeoutMs: 60_000,
  maxToolResultBytes: 1024 * 1024,
  maxToolFilesBytes: 15 * 1024 * 1024,
  onToolError: 'tell-model',
};

/**
 * Fills in the defaults. Earlier options take precedence over later ones.
 * @throws TypeError that names the invalid option
 */
export function resolveToolLimits(...given: readonly ToolOptions[]): ToolLimits {
  const valueOf = <Name extends keyof ToolLimits>(name: Name): ToolLimits[Name] =>
    given.map((options) => options[name] as ToolLimits[Name] | undefined).find((value) => value !== undefined) ??
    defaultToolLimits[name];
  const wholeOf = (name: Exclude<keyof ToolLimits, 'toolTimeoutMs' | 'onToolError'>): number => {
    const value = valueOf(name);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new TypeError(`${name}: expected a whole number of at least 1, got ${String(value)}`);
  };
  const toolTimeoutMs = valueOf('toolTimeoutMs');
  if (!(typeof toolTimeoutMs === 'number' && toolTimeoutMs > 0)) {
    throw new TypeError(`toolTimeoutMs: expected a number above 0, got ${String(toolTimeoutMs)}`);
  }
  const onToolError = valueOf('onToolError');
  if (onToolError !== 'tell-model' && onToolError !== 'fail') {
    throw new TypeError(`onToolError: expected 'tell-model' or 'fail', got ${String(onToolError)}`);
  }
  return {
    maxRounds: wholeOf('maxRounds'),
    maxCallsPerAnswer: wholeOf('maxCallsPerAnswer'),
    maxParallelCalls: wholeOf('maxParallelCalls'),
    maxToolResultBytes: wholeOf('maxToolResultBytes'),
    maxToolFilesBytes: wholeOf('maxToolFilesBytes'),
    toolTimeoutMs,
    onToolError,
  };
}
