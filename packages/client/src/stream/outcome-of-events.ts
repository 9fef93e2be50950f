import { isDiscard } from '../answer/discard.ts';
import { conclude } from '../answer/outcome.ts';
import type { GeminiError } from '../errors.ts';
import { ResponseMerger } from '../merge/merge-response.ts';
import type { AttemptReport, StoredStreamEvent, StreamOutcome } from '../types.ts';
import { withoutAbsent } from '../wire/absent.ts';
import type { Part, UsageMetadata } from '../wire/types.ts';

/**
 * Returns the outcome of a stream whose source is in another process and was lost, from the events that have arrived:
 * the partial response is merged from them, and the requests are counted from the events that report them.
 */
export function outcomeOfEvents(events: readonly StoredStreamEvent[], error: GeminiError): StreamOutcome {
  const reports = new AttemptCounter();
  let merger = new ResponseMerger();
  let earlierText = '';
  let rounds = 1;
  // Every event has the total so far, over all answers.
  let usage: UsageMetadata | undefined;
  for (const event of events) {
    reports.note(event);
    if (isDiscard(event)) merger = new ResponseMerger();
    else if (event.type === 'usage') usage = event.usage;
    else if (event.type === 'round') {
      // The response is that of the last answer, the text that of all.
      earlierText += merger.text();
      rounds = event.round;
      merger = new ResponseMerger();
    } else addEvent(merger, event);
  }
  const response = rounds > 1 || usage === undefined ? merger.response : { ...merger.response, usageMetadata: usage };
  const text = earlierText + merger.text();
  const { model, all } = reports;
  const outcome = conclude({ response, text, model, attempts: all.length, attemptReports: all, error });
  return usage === undefined ? outcome : { ...outcome, usage, usageKind: 'last-seen' };
}

function addEvent(merger: ResponseMerger, event: StoredStreamEvent): void {
  if (event.type === 'model-status') merger.add({ modelStatus: event.modelStatus }, ignore);
  else if (event.type === 'grounding') {
    const { type: _type, candidate: index, ...sources } = event;
    merger.add({ candidates: [{ index, ...sources }] }, ignore);
  } else {
    const part = partOf(event);
    if (part === undefined || !('candidate' in event)) return;
    merger.add({ candidates: [{ index: event.candidate, content: { role: 'model', parts: [part] } }] }, ignore);
  }
}

function ignore(): void {}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function present<Fields extends object>(fields: Fields): Present<Fields> {
  return withoutAbsent(fields) as Present<Fields>;
}

/** Returns the part that an event reports; undefined for an event of something else. */
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

/** Counts the requests of a stream by the events that report them. */
class AttemptCounter {
  readonly all: AttemptReport[] = [];
  model: string | undefined;

  note(event: StoredStreamEvent): void {
    if (event.type === 'start') {
      this.model = event.model;
      if (this.all.length === 0) this.#add({ attempt: 1, kind: 'first', delayMs: 0 });
      this.#change({ model: event.model });
    } else if (event.type === 'resume') this.#add({ attempt: event.attempt, kind: 'resume', delayMs: event.delayMs });
    else if (event.type === 'retry') {
      const { attempt, delayMs, code, status } = event;
      this.#end(code, status);
      this.#add({ attempt, kind: isDiscard(event) ? 'restart' : 'retry', delayMs });
    } else if (event.type === 'fallback') {
      const { attempt, from, to, code, status } = event;
      this.model = from;
      this.#end(code, status);
      this.model = to;
      this.#add({ attempt, kind: 'fallback', delayMs: 0 });
    }
  }

  /** A request that got no headers has no `start` event. */
  #end(code: AttemptReport['code'], status: number | undefined): void {
    if (this.all.length === 0) this.#add({ attempt: 1, kind: 'first', delayMs: 0 });
    this.#change({ code, status });
  }

  #add(report: Omit<AttemptReport, 'model'>): void {
    this.all.push({ ...report, model: this.model ?? '' });
  }

  #change(change: Partial<AttemptReport>): void {
    const last = this.all.pop();
    if (last !== undefined) this.all.push({ ...last, ...change });
  }
}
