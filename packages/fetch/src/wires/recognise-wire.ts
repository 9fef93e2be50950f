import { isRecord } from '@gemini/client/wire';
import { AnthropicWire } from './anthropic-wire.ts';
import { GeminiWire } from './gemini-wire.ts';
import { InteractionsWire } from './interactions-wire.ts';
import { OpenAiChatWire } from './openai-chat-wire.ts';
import { OpenAiResponsesWire } from './openai-responses-wire.ts';
import { OtherWire } from './other-wire.ts';
import type { Wire } from './wire.ts';

/** The facts of a request that name its API. */
export interface WireRequest {
  readonly pathname: string;
  /** Its JSON body, if it has one. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly hasHeader: (name: string) => boolean;
}

/** Whether a path is Gemini's for a stream, of the Developer API, Vertex AI or a gateway. */
export function isGeminiStreamPath(pathname: string): boolean {
  return pathname.endsWith(':streamGenerateContent');
}

/**
 * Returns the rules for the response to a request that asks for a stream. A path alone is not enough for a word such as
 * `messages`, which many servers use.
 */
export function recogniseWire(request: WireRequest, { completeness }: { readonly completeness: boolean }): Wire {
  if (isGeminiStreamPath(request.pathname)) return new GeminiWire({ mayHaveSeveral: asksForSeveral(request.json) });
  if (interactionsPath.test(request.pathname)) return new InteractionsWire();
  const known = completeness ? foreignWire(request) : undefined;
  return known ?? new OtherWire({ recognises: completeness });
}

/** Without a body that can be read, nothing is known. */
function asksForSeveral(json: WireRequest['json']): boolean {
  const settings = json?.['generationConfig'] ?? json?.['generation_config'];
  if (!isRecord(settings)) return json === undefined;
  const count = settings['candidateCount'] ?? settings['candidate_count'] ?? 1;
  return count !== 1;
}

const interactionsPath = /\/v1[a-z0-9]*\/(?:.*\/)?interactions(?:\/[^/]+)?$/;

function foreignWire({ pathname, json, hasHeader }: WireRequest): Wire | undefined {
  if (pathname.endsWith(':streamRawPredict')) return new AnthropicWire();
  if (typeof json?.['model'] !== 'string') return undefined;
  if (pathname.endsWith('/messages') && hasHeader('anthropic-version')) return new AnthropicWire();
  if (pathname.endsWith('/chat/completions') && Array.isArray(json['messages'])) return new OpenAiChatWire();
  if (pathname.endsWith('/completions') && json['prompt'] !== undefined) return new OpenAiChatWire();
  return pathname.endsWith('/responses') && json['input'] !== undefined ? new OpenAiResponsesWire() : undefined;
}
