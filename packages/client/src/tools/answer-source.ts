import { createStreamSource, type GeminiStreamSource } from '../stream/stream-source.ts';
import type { StreamSourceOptions } from '../stream/stream-source-options.ts';
import { createToolSource } from './create-tool-source.ts';
import { resolveToolLimits, type ToolOptions } from './tool-options.ts';
import { createToolSet } from './tool-set.ts';

/**
 * The source of a stream: one answer, or where `tool()` made some of its tools, as many as its calls need.
 * @throws TypeError for tools and bounds that cannot be meant, and with functions that run for `restart` and for
 * `keepContent: false`
 */
export function createAnswerSource(options: StreamSourceOptions, toolOptions: ToolOptions): GeminiStreamSource {
  const { request, gemini, restart, keepContent } = options;
  const entries = [...(request.tools ?? []), ...(toolOptions.tools ?? [])];
  if (entries.length === 0) return createStreamSource(options);
  const tools = createToolSet(entries);
  if (!tools.isOurs) return createStreamSource({ ...options, request: { ...request, tools: entries } });
  if (restart) throw new TypeError('restart: expected false with tool(), for a function that ran cannot be taken back');
  if (!keepContent)
    throw new TypeError('keepContent: expected true with tool(), for an answer goes back with its results');
  const { totalTimeoutMs = 0 } = gemini.http;
  return createToolSource({
    request: { ...request, tools: tools.wire },
    tools,
    limits: resolveToolLimits(toolOptions),
    totalTimeoutMs,
    ask(next, remainingMs) {
      const http = totalTimeoutMs === 0 ? gemini.http : { ...gemini.http, totalTimeoutMs: remainingMs };
      return createStreamSource({ ...options, request: next, gemini: { ...gemini, http } });
    },
  });
}
