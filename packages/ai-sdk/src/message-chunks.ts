import type { FunctionCall, GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import type { UIMessageChunk } from 'ai';
import { endChunks, type EndOptions } from './end-chunks.ts';
import { sourceChunks } from './source-chunks.ts';
import { signed, ToolCalls } from './tool-calls.ts';

/** An event of a stream before its end. */
export type StoredEvent = Exclude<GeminiStreamEvent, { readonly type: 'end' }>;

type EventOf<Type extends StoredEvent['type']> = Extract<StoredEvent, { readonly type: Type }>;

/** A text or a thought that is open: more may be added to it. */
interface OpenText {
  readonly kind: 'text' | 'reasoning';
  readonly id: string;
}

/**
 * Converts the events of one answer, or of a turn with functions, to the chunks of one message of the AI SDK. An event may
 * become several chunks, or none. Events of other candidates than the first are left out.
 */
export class MessageChunks {
  readonly #options: MessageOptions;
  readonly #calls: ToolCalls;
  readonly #urls = new Set<string>();
  #isStarted = false;
  #open: OpenText | undefined;
  /** Ids are never used again in a message, also after a step was discarded. */
  #count = 0;

  constructor(options: MessageOptions) {
    this.#options = options;
    this.#calls = new ToolCalls(options.onToolError, () => this.#nextId('call'));
  }

  /** Returns the chunks of an event. */
  of(event: StoredEvent): UIMessageChunk[] {
    if ('candidate' in event && event.candidate !== 0) return [];
    const chunks = this.#chunksOf(event);
    return this.#isStarted ? chunks : this.#start(chunks, event.type);
  }

  /** Returns the last chunks. */
  end(outcome: StreamOutcome, verdict?: unknown): UIMessageChunk[] {
    const hasOpenCalls = (outcome.turn?.openCalls.length ?? this.#calls.openCount) > 0;
    const chunks = [...this.#close(), ...endChunks(outcome, { ...this.#options, verdict, hasOpenCalls })];
    return this.#isStarted ? chunks : this.#start(chunks, 'end');
  }

  #start(chunks: UIMessageChunk[], type: string): UIMessageChunk[] {
    // A message begins when the model answers, not when its request is sent.
    if (chunks.length === 0 && type !== 'start') return chunks;
    this.#isStarted = true;
    return [{ type: 'start', messageId: this.#options.messageId }, { type: 'start-step' }, ...chunks];
  }

  #chunksOf(event: StoredEvent): UIMessageChunk[] {
    switch (event.type) {
      case 'text-delta':
        return this.#text('text', event.text, event.thoughtSignature);
      case 'thought-delta':
        if (!this.#options.sendReasoning) return [];
        return this.#text('reasoning', event.text, event.thoughtSignature);
      case 'function-call-start':
        return [...this.#close(), ...this.#calls.begin(event)];
      case 'function-call-delta':
        return this.#calls.grow(event);
      case 'function-call-end':
        return [...this.#close(), ...this.#calls.end(event)];
      case 'tool-result':
        return this.#calls.result(event);
      case 'round':
        return [...this.#close(), { type: 'finish-step' }, { type: 'start-step' }];
      case 'inline-data':
        return [...this.#close(), this.#file(event)];
      case 'file':
        return [...this.#close(), { type: 'file', mediaType: event.mimeType ?? anyMedia, url: event.uri }];
      case 'executable-code': {
        const { language, code } = event;
        const call: FunctionCall = { name: 'code_execution', args: { language, code } };
        return [...this.#close(), ...this.#calls.runByServer(call, event.thoughtSignature)];
      }
      case 'code-result':
        return this.#calls.resultOfServer(undefined, { outcome: event.outcome, output: event.output });
      case 'server-tool-call': {
        const { id, toolType, args } = event;
        const call: FunctionCall = {
          ...(id === undefined ? {} : { id }),
          name: toolType ?? 'server_tool',
          args: args ?? {},
        };
        return [...this.#close(), ...this.#calls.runByServer(call, event.thoughtSignature)];
      }
      case 'server-tool-result':
        return this.#calls.resultOfServer(event.id, event.response ?? {});
      case 'grounding':
        return this.#options.sendSources ? sourceChunks(event, this.#urls, () => this.#nextId('source')) : [];
      case 'part':
        return this.#signature(event);
      case 'retry':
      case 'fallback':
        return event.discardFrom === undefined ? [] : this.#reset();
      default:
        return [];
    }
  }

  #text(kind: OpenText['kind'], delta: string, thoughtSignature: string | undefined): UIMessageChunk[] {
    const chunks: UIMessageChunk[] = this.#open?.kind === kind ? [] : this.#close();
    if (delta !== '' && this.#open === undefined) {
      this.#open = { kind, id: this.#nextId(kind) };
      chunks.push({ type: `${kind}-start`, id: this.#open.id });
    }
    if (delta !== '' && this.#open !== undefined) chunks.push({ type: `${kind}-delta`, id: this.#open.id, delta });
    if (thoughtSignature === undefined) return chunks;
    // A signature belongs to its part, which ends here.
    const { id } = this.#open ?? { id: this.#nextId(kind) };
    if (this.#open === undefined) chunks.push({ type: `${kind}-start`, id });
    this.#open = undefined;
    return [...chunks, { type: `${kind}-end`, id, providerMetadata: signed(thoughtSignature) }];
  }

  /** A signature that stands alone. */
  #signature({ part }: EventOf<'part'>): UIMessageChunk[] {
    const { thoughtSignature, thought } = part;
    if (thoughtSignature === undefined || (thought === true && !this.#options.sendReasoning)) return [];
    return this.#text(thought === true ? 'reasoning' : 'text', '', thoughtSignature);
  }

  #file({ mimeType = anyMedia, data, thought, thoughtSignature }: EventOf<'inline-data'>): UIMessageChunk {
    const metadata = thoughtSignature === undefined ? {} : { providerMetadata: signed(thoughtSignature) };
    const url = `data:${mimeType};base64,${data}`;
    return { type: thought ? 'reasoning-file' : 'file', mediaType: mimeType, url, ...metadata };
  }

  #close(): UIMessageChunk[] {
    if (this.#open === undefined) return [];
    const { kind, id } = this.#open;
    this.#open = undefined;
    return [{ type: `${kind}-end`, id }];
  }

  /** The answer starts over: its parts go, and with them what is open. */
  #reset(): UIMessageChunk[] {
    this.#open = undefined;
    this.#calls.reset();
    this.#urls.clear();
    return [{ type: 'reset-step' }];
  }

  #nextId(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }
}

/** The media type of a file without one. */
const anyMedia = 'application/octet-stream';

/** The settings of a message. */
export interface MessageOptions extends Omit<EndOptions, 'verdict' | 'hasOpenCalls'> {
  readonly messageId: string;
  readonly sendReasoning: boolean;
  readonly sendSources: boolean;
  /** Returns the text of a failed function for the page. */
  readonly onToolError: (result: EventOf<'tool-result'>) => string;
}
