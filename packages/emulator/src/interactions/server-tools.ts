import { topicOf } from '../answers/compose-text.ts';
import type { AnswerCandidate } from '../answers/answer.ts';
import { isJsonObject, type JsonObject, textOr } from '../wire/json.ts';
import type { Step } from './interaction-request.ts';

/**
 * Returns the annotations of an answer's text: the sources that its grounding names, with offsets in bytes.
 */
export function annotationsOf({ closing }: AnswerCandidate): readonly JsonObject[] {
  const grounding = closing?.groundingMetadata ?? {};
  const chunks = objectsOf(grounding['groundingChunks']);
  return objectsOf(grounding['groundingSupports']).map(({ segment, groundingChunkIndices: indices }, index) => {
    const place = Array.isArray(indices) ? Number(indices[0]) : index;
    const web = chunks[place]?.['web'];
    const { uri, title } = isJsonObject(web) ? web : {};
    const { startIndex, endIndex } = isJsonObject(segment) ? segment : {};
    return { start_index: startIndex, end_index: endIndex, url: uri, title, type: 'url_citation' };
  });
}

/** Returns the steps of the server's tools that a request offers: a call and its result for each. */
export function serverToolSteps(tools: readonly JsonObject[], prompt: string): readonly Step[] {
  const topic = topicOf(prompt);
  return tools.flatMap((tool, index) => {
    const id = `tool-${index}`;
    const [call, result] = exchangeOf(tool, topic, prompt);
    if (call === undefined || result === undefined) return [];
    return [
      { ...call, id },
      { ...result, call_id: id },
    ];
  });
}

function exchangeOf(tool: JsonObject, topic: string, prompt: string): readonly [Step, Step] | readonly [] {
  const queries = { queries: [topic] };
  switch (tool['type']) {
    case 'google_search':
      return [
        { type: 'google_search_call', arguments: queries },
        {
          type: 'google_search_result',
          result: [{ search_suggestions: `<div class="container">${escapeHtml(topic)}</div>` }],
        },
      ];
    case 'google_maps': {
      const place = { place_id: 'places/1', name: topic, url: 'https://example.com/maps/1' };
      const widget = tool['enable_widget'] === true ? { widget_context_token: 'widget-token' } : {};
      return [
        { type: 'google_maps_call', arguments: queries },
        { type: 'google_maps_result', result: [{ places: [place], ...widget }] },
      ];
    }
    case 'url_context': {
      const urls = prompt.match(/https?:\/\/[^\s<>"')]+/gu) ?? [];
      if (urls.length === 0) return [];
      return [
        { type: 'url_context_call', arguments: { urls } },
        { type: 'url_context_result', result: urls.map((url) => ({ url, status: 'success' })) },
      ];
    }
    case 'file_search':
      return [
        { type: 'file_search_call', arguments: queries },
        { type: 'file_search_result', result: [{ file_name: 'notes.txt', text: topic }] },
      ];
    case 'retrieval':
      return [
        { type: 'retrieval_call', retrieval_type: 'vertex_ai_search', arguments: queries },
        { type: 'retrieval_result', result: [{ title: topic }] },
      ];
    case 'mcp_server': {
      const server = { name: 'look_up', server_name: textOr(tool['name'], 'server') };
      return [
        { type: 'mcp_server_tool_call', ...server, arguments: { topic } },
        { type: 'mcp_server_tool_result', ...server, result: { found: topic } },
      ];
    }
    default:
      // Functions are the caller's; code runs only if the prompt has a prepared answer with code.
      return [];
  }
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return (Array.isArray(value) ? (value as readonly unknown[]) : []).filter(isJsonObject);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
