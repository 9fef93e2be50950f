import type { StoredStreamEvent } from './events.ts';
import type { Part } from '../wire.ts';

/** The event of a part that is no function call; `undefined` for kinds that have none. */
export function partEvent(part: Part, candidate: number): StoredStreamEvent | undefined {
  if (part.text) return { type: part.thought ? 'thought-delta' : 'text-delta', text: part.text, candidate };
  const { inlineData, executableCode, codeExecutionResult } = part;
  if (inlineData) {
    const { mimeType, data = '' } = inlineData;
    return { type: 'inline-data', mimeType, data, thought: part.thought === true, candidate };
  }
  if (executableCode) {
    const { language, code = '' } = executableCode;
    return { type: 'executable-code', language, code, candidate };
  }
  if (codeExecutionResult) {
    const { outcome, output = '' } = codeExecutionResult;
    return { type: 'code-result', outcome, output, candidate };
  }
  return undefined;
}
