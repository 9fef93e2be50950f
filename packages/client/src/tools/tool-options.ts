/** The functions that the model may call, and the bounds of calling them. */
export interface ToolOptions {
  /**
   * What `tool()` made, and entries of the API such as `{ googleSearch: {} }` or `{ functionDeclarations: [...] }`,
   * which are sent as they are. Calls of functions that nothing here can run are the caller's to answer.
   */
  readonly tools?: readonly object[] | undefined;
  /**
   * How many answers one turn may take.
   * @defaultValue 10. When the last one still calls functions they are not run, and the stream fails with
   * `too-many-rounds`.
   */
  readonly maxRounds?: number | undefined;
  /**
   * How many calls one answer may make.
   * @defaultValue 128. At the next one the stream fails with `too-many-calls`, and nothing more of it is run.
   */
  readonly maxCallsPerAnswer?: number | undefined;
  /**
   * How many functions run at a time.
   * @defaultValue 8. Further calls wait for one to end, in their order.
   */
  readonly maxParallelCalls?: number | undefined;
  /**
   * How long a function may take that has no limit of its own; `Infinity` lets it take any time.
   * @defaultValue 60 000. Past it its signal is aborted, and the call has failed.
   */
  readonly toolTimeoutMs?: number | undefined;
  /**
   * The most that a function may return, in bytes of JSON.
   * @defaultValue 1 048 576 (1 MiB). Past it the call has failed.
   */
  readonly maxToolResultBytes?: number | undefined;
  /**
   * What a failed call leads to: the model is told of the error in its place, or the stream fails with `tool-failed`.
   * A function that does not exist and arguments that do not fit are the model's mistakes: it is always told.
   * @defaultValue `'tell-model'`
   */
  readonly onToolError?: 'tell-model' | 'fail' | undefined;
}

/** The bounds, each with a value. */
export interface ToolLimits {
  readonly maxRounds: number;
  readonly maxCallsPerAnswer: number;
  readonly maxParallelCalls: number;
  readonly toolTimeoutMs: number;
  readonly maxToolResultBytes: number;
  readonly onToolError: 'tell-model' | 'fail';
}

/** The bounds where none are given. */
export const defaultToolLimits: ToolLimits = {
  maxRounds: 10,
  maxCallsPerAnswer: 128,
  maxParallelCalls: 8,
  toolTimeoutMs: 60_000,
  maxToolResultBytes: 1024 * 1024,
  onToolError: 'tell-model',
};

/**
 * Fills in the defaults; of several options the first that are given hold.
 * @throws TypeError that names the option which cannot be meant
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
    toolTimeoutMs,
    onToolError,
  };
}
