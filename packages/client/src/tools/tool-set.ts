import { kindOf } from '../chunks/guard-value.ts';
import { runnerOf, type ToolRunner } from './tool.ts';

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
