import type { JsonObject } from '../wire/json.ts';
import { type GenerateRequest, promptOf } from '../wire/request.ts';
import { topicOf } from './compose-text.ts';

/** Returns the fields of the last chunk for a request that offers Google Search or URL context. */
export function groundingFields(
  request: GenerateRequest,
  text: string,
): { groundingMetadata?: JsonObject; urlContextMetadata?: JsonObject } {
  const has = (tool: string): boolean => request.tools?.some((entry) => tool in entry) === true;
  const prompt = promptOf(request);
  const urls = prompt.match(/https?:\/\/[^\s<>"')]+/gu) ?? [];
  return {
    ...(has('googleSearch') || has('googleSearchRetrieval')
      ? { groundingMetadata: groundingMetadata(topicOf(prompt), text) }
      : {}),
    ...(has('urlContext') && urls.length > 0
      ? {
          urlContextMetadata: {
            urlMetadata: urls.map((retrievedUrl) => ({
              retrievedUrl,
              urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS',
            })),
          },
        }
      : {}),
  };
}

function groundingMetadata(topic: string, text: string): JsonObject {
  const sentences = text.match(/[^.!?]+[.!?]+/gu)?.slice(0, 2) ?? [];
  // Segment offsets count UTF-8 bytes.
  let from = 0;
  const groundingSupports = sentences.map((sentence, index) => {
    const start = text.indexOf(sentence.trim(), from);
    from = start + sentence.trim().length;
    const startIndex = Buffer.byteLength(text.slice(0, start));
    const segment = { startIndex, endIndex: startIndex + Buffer.byteLength(sentence.trim()), text: sentence.trim() };
    return { segment, groundingChunkIndices: [index] };
  });
  return {
    webSearchQueries: [topic],
    searchEntryPoint: { renderedContent: `<div class="container">${escapeHtml(topic)}</div>` },
    groundingChunks: sentences.map((_, index) => ({
      web: { uri: `https://example.com/source-${index + 1}`, title: 'example.com' },
    })),
    groundingSupports,
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
