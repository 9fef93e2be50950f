import type { StoredStreamEvent } from '../types.ts';
import { withoutAbsent } from '../wire/absent.ts';
import type { GenerateContentResponse, Part } from '../wire/types.ts';

/**
 * Returns the content of an event as a chunk, as if the event were emitted from it; `undefined` for an event of something
 * else, and for the pieces of a call, whose whole call follows.
 */
export function chunkOf(event: StoredStreamEvent): GenerateContentResponse | undefined {
  if (event.type === 'model-status') return { modelStatus: event.modelStatus };
  if (event.type === 'grounding') {
    const { type: _type, candidate: index, ...sources } = event;
    return { candidates: [{ index, ...sources }] };
  }
  const part = partOf(event);
  if (part === undefined || !('candidate' in event)) return undefined;
  return { candidates: [{ index: event.candidate, content: { role: 'model', parts: [part] } }] };
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function present<Fields extends object>(fields: Fields): Present<Fields> {
  return withoutAbsent(fields) as Present<Fields>;
}

/** Returns the part that an event reports; `undefined` for an event of something else. */
function partOf(event: StoredStreamEvent): Part | undefined {
  const signature =
    'thoughtSignature' in event && event.thoughtSignature !== undefined
      ? { thoughtSignature: event.thoughtSignature }
      : {};
  switch (event.type) {
    case 'text-delta':
      return { text: event.text, ...signature };
    case 'thought-delta':
      return { text: event.text, thought: true, ...signature };
    case 'function-call-end':
      return { functionCall: event.call, ...signature };
    case 'inline-data': {
      const { mimeType, data, displayName, thought } = event;
      return { inlineData: present({ mimeType, data, displayName }), ...(thought && { thought }), ...signature };
    }
    case 'file': {
      const { mimeType, uri: fileUri, displayName } = event;
      return { fileData: present({ mimeType, fileUri, displayName }), ...signature };
    }
    case 'executable-code':
      return { executableCode: present({ language: event.language, code: event.code }), ...signature };
    case 'code-result':
      return { codeExecutionResult: present({ outcome: event.outcome, output: event.output }), ...signature };
    case 'server-tool-call': {
      const { id, toolType, args } = event;
      return { toolCall: present({ id, toolType, args }), ...signature };
    }
    case 'server-tool-result': {
      const { id, toolType, response } = event;
      return { toolResponse: present({ id, toolType, response }), ...signature };
    }
    case 'transcription': {
      const { type: _type, candidate: _candidate, ...audioTranscription } = event;
      return { audioTranscription };
    }
    case 'part':
      return event.part;
    default:
      return undefined;
  }
}
