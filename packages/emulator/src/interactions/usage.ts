import type { JsonObject } from '../wire/json.ts';

/** The tokens of an interaction so far. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly thought: number;
  readonly tool: number;
}

/** Returns the tokens before anything was generated. */
export function noUsage(input: number): Usage {
  return { input, output: 0, thought: 0, tool: 0 };
}

export function addUsage(usage: Usage, kind: 'output' | 'thought' | 'tool', tokens: number): Usage {
  return tokens === 0 ? usage : { ...usage, [kind]: usage[kind] + tokens };
}

/** Returns the tokens in the form of the API, whose output is counted without thoughts. */
export function usageFields({ input, output, thought, tool }: Usage): JsonObject {
  return {
    total_tokens: input + output + thought + tool,
    total_input_tokens: input,
    input_tokens_by_modality: [{ modality: 'text', tokens: input }],
    total_cached_tokens: 0,
    total_output_tokens: output,
    total_tool_use_tokens: tool,
    total_thought_tokens: thought,
  };
}
