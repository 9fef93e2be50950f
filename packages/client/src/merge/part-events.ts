import type { EmitEvent } from '../types.ts';
import { isAbsent, withoutAbsent } from '../wire/absent.ts';
import type { Part } from '../wire/types.ts';

/** Fields of a part that are no content of their own. */
export const partLabels: ReadonlySet<string> = new Set([
  'thought',
  'thoughtSignature',
  'partMetadata',
  'mediaResolution',
]);

/** Fields that describe the content beside them, or that another event tells. */
const silentFields: ReadonlySet<string> = new Set([
  ...partLabels,
  'text',
  'functionCall',
  'videoMetadata',
  'mediaProcessing',
  'speechMetadata',
]);

/**
 * Emits the events of everything in a part but its text and its call: one for each kind of content, and a `part` event
 * for content without a kind of its own here, and for a signature that stands alone.
 */
export function emitPartEvents(part: Part, candidate: number, emit: EmitEvent): void {
  let isTold = Boolean(part.text);
  let unknown: Record<string, unknown> | undefined;
  for (const name in part) {
    const value = part[name as keyof Part];
    if (silentFields.has(name) || isAbsent(value)) continue;
    if (emitField(name, part, candidate, emit)) isTold = true;
    else (unknown ??= {})[name] = value;
  }
  if (unknown !== undefined) emit({ type: 'part', part: isTold ? unknown : part, candidate });
  else if (!isTold && hasLabel(part)) emit({ type: 'part', part, candidate });
}

/** Emits the event of one field. Returns `false` for a field without an event. */
function emitField(name: string, part: Part, candidate: number, emit: EmitEvent): boolean {
  const signature = part.thoughtSignature === undefined ? {} : { thoughtSignature: part.thoughtSignature };
  switch (name) {
    case 'inlineData': {
      const { mimeType, data = '', displayName } = withoutAbsent(part.inlineData ?? {});
      const named = displayName === undefined ? {} : { displayName };
      emit({ type: 'inline-data', mimeType, data, ...named, thought: part.thought === true, ...signature, candidate });
      return true;
    }
    case 'fileData': {
      const { mimeType, fileUri: uri = '', displayName } = withoutAbsent(part.fileData ?? {});
      const named = displayName === undefined ? {} : { displayName };
      emit({ type: 'file', mimeType, uri, ...named, ...signature, candidate });
      return true;
    }
    case 'executableCode': {
      const { language, code = '' } = withoutAbsent(part.executableCode ?? {});
      emit({ type: 'executable-code', language, code, ...signature, candidate });
      return true;
    }
    case 'codeExecutionResult': {
      const { outcome, output = '' } = withoutAbsent(part.codeExecutionResult ?? {});
      emit({ type: 'code-result', outcome, output, ...signature, candidate });
      return true;
    }
    case 'toolCall': {
      const { id, toolType, args } = withoutAbsent(part.toolCall ?? {});
      emit({ type: 'server-tool-call', id, toolType, args, ...signature, candidate });
      return true;
    }
    case 'toolResponse': {
      const { id, toolType, response } = withoutAbsent(part.toolResponse ?? {});
      emit({ type: 'server-tool-result', id, toolType, response, ...signature, candidate });
      return true;
    }
    case 'audioTranscription': {
      const { text = '', finished = false, ...more } = withoutAbsent(part.audioTranscription ?? {});
      emit({ type: 'transcription', text, finished, ...more, candidate });
      return true;
    }
    default:
      return false;
  }
}

/** A signature alone belongs to no other event. An empty text without one is nothing. */
function hasLabel(part: Part): boolean {
  return !isAbsent(part.thoughtSignature) || !isAbsent(part.partMetadata);
}
