import type { FunctionCall, GeminiStreamEvent } from '@gemini/client';
import type { UIMessageChunk } from 'ai';
import { ArgumentText } from './argument-text.ts';

type EventOf<Type extends GeminiStreamEvent['type']> = Extract<GeminiStreamEvent, { readonly type: Type }>;

/** A call whose result has not come. */
interface WaitingCall {
  readonly toolCallId: string;
  readonly call: FunctionCall;
}

/** The calls of a message, under ids of their own: Gemini may give none, or the same one twice. */
export class ToolCalls {
  readonly #onToolError: (result: EventOf<'tool-result'>) => string;
  readonly #nextId: () => string;
  readonly #ids = new Set<string>();
  #open: { readonly toolCallId: string; readonly text: ArgumentText } | undefined;
  #waiting: WaitingCall[] = [];
  #waitingAtServer: WaitingCall[] = [];

  constructor(onToolError: (result: EventOf<'tool-result'>) => string, nextId: () => string) {
    this.#onToolError = onToolError;
    this.#nextId = nextId;
  }

  /** The calls whose results have not come. */
  get openCount(): number {
    return this.#waiting.length;
  }

  begin({ name: toolName, id }: { readonly name: string; readonly id?: string | undefined }): UIMessageChunk[] {
    const toolCallId = this.#idOf(id);
    this.#open = { toolCallId, text: new ArgumentText() };
    return [{ type: 'tool-input-start', toolCallId, toolName, dynamic: true }];
  }

  grow({ path, value }: EventOf<'function-call-delta'>): UIMessageChunk[] {
    if (this.#open === undefined) return [];
    const { toolCallId, text } = this.#open;
    const inputTextDelta = text.add(path, value);
    return inputTextDelta === '' ? [] : [{ type: 'tool-input-delta', toolCallId, inputTextDelta }];
  }

  end({ call, thoughtSignature }: EventOf<'function-call-end'>): UIMessageChunk[] {
    const { name: toolName = '', id, args: input = {} } = call;
    const chunks = this.#open === undefined ? this.begin({ name: toolName, id }) : [];
    const { toolCallId, text } = this.#open ?? { toolCallId: '', text: new ArgumentText() };
    this.#open = undefined;
    this.#waiting.push({ toolCallId, call });
    // Whole arguments need no text beside them.
    const rest = text.isEmpty ? '' : text.finish(input);
    if (rest !== '') chunks.push({ type: 'tool-input-delta', toolCallId, inputTextDelta: rest });
    const metadata = thoughtSignature === undefined ? {} : { providerMetadata: signed(thoughtSignature) };
    return [...chunks, { type: 'tool-input-available', toolCallId, toolName, input, dynamic: true, ...metadata }];
  }

  result(event: EventOf<'tool-result'>): UIMessageChunk[] {
    const toolCallId = take(this.#waiting, event.call);
    if (toolCallId === undefined) return [];
    if (event.failure === undefined) {
      return [{ type: 'tool-output-available', toolCallId, output: event.response, dynamic: true }];
    }
    return [{ type: 'tool-output-error', toolCallId, errorText: this.#onToolError(event), dynamic: true }];
  }

  /** A call that the server runs itself. */
  runByServer(call: FunctionCall, thoughtSignature: string | undefined): UIMessageChunk[] {
    const toolCallId = this.#idOf(call.id);
    this.#waitingAtServer.push({ toolCallId, call });
    const { name: toolName = '', args: input = {} } = call;
    const metadata = thoughtSignature === undefined ? {} : { providerMetadata: signed(thoughtSignature) };
    const facts = { toolCallId, toolName, input, providerExecuted: true, dynamic: true } as const;
    return [{ type: 'tool-input-available', ...facts, ...metadata }];
  }

  /** The result of the call with this id, or of the oldest one. */
  resultOfServer(id: string | undefined, output: unknown): UIMessageChunk[] {
    const at = id === undefined ? 0 : this.#waitingAtServer.findIndex(({ call }) => call.id === id);
    const [known] = at < 0 ? [] : this.#waitingAtServer.splice(at, 1);
    if (known === undefined) return [];
    const { toolCallId } = known;
    return [{ type: 'tool-output-available', toolCallId, output, providerExecuted: true, dynamic: true }];
  }

  reset(): void {
    this.#open = undefined;
    this.#waiting = [];
    this.#waitingAtServer = [];
  }

  #idOf(id: string | undefined): string {
    const own = id === undefined || this.#ids.has(id) ? this.#nextId() : id;
    this.#ids.add(own);
    return own;
  }
}

/** Removes the call of a result, and returns its id: the same object, or one that is the same in everything. */
function take(waiting: WaitingCall[], call: FunctionCall): string | undefined {
  const same = waiting.findIndex((each) => each.call === call);
  const at = same < 0 ? waiting.findIndex((each) => isSame(each.call, call)) : same;
  return at < 0 ? undefined : waiting.splice(at, 1)[0]?.toolCallId;
}

function isSame(one: FunctionCall, other: FunctionCall): boolean {
  return one.name === other.name && one.id === other.id && JSON.stringify(one.args) === JSON.stringify(other.args);
}

/** Returns the metadata in which `@ai-sdk/google` finds a signature. */
export function signed(thoughtSignature: string): { google: { thoughtSignature: string } } {
  return { google: { thoughtSignature } };
}
