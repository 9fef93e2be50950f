import type { GeminiStreamEvent } from '@gemini/client';
import type { UIMessageChunk } from 'ai';

/** Returns the sources of an event that were not there yet; their addresses are added to `urls`. */
export function sourceChunks(
  { groundingMetadata, citationMetadata }: Extract<GeminiStreamEvent, { readonly type: 'grounding' }>,
  urls: Set<string>,
  nextId: () => string,
): UIMessageChunk[] {
  const chunks: UIMessageChunk[] = [];
  const add = (url: string | undefined, title: string | undefined): void => {
    if (url === undefined || url === '' || urls.has(url)) return;
    urls.add(url);
    chunks.push({ type: 'source-url', sourceId: nextId(), url, ...(title === undefined ? {} : { title }) });
  };
  for (const { web, maps, image, retrievedContext } of groundingMetadata?.groundingChunks ?? []) {
    add(web?.uri, web?.title);
    add(maps?.uri, maps?.title);
    add(image?.sourceUri, image?.title);
    if (retrievedContext === undefined) continue;
    const { uri = '', title = uri } = retrievedContext;
    const key = `document ${uri} ${title}`;
    if (urls.has(key) || title === '') continue;
    urls.add(key);
    chunks.push({ type: 'source-document', sourceId: nextId(), mediaType: 'text/plain', title });
  }
  for (const { uri, title } of citationMetadata?.citations ?? []) add(uri, title);
  return chunks;
}
