import type { ChatPrompt, Gemini, GeminiStream } from '@gemini/client';
import { interactionConfig } from '../prompt/interaction-prompt.ts';
import { type SavedChat, isMessage } from './last-chat.ts';

/** A conversation whose settings may change, and whose last turn may be repeated. */
export class Conversation {
  readonly #open: OpenChat;
  #settings: ConversationSettings;
  #chat: ConversationChat;
  #last: LastTurn | undefined;

  /** @throws TypeError for an invalid setting or state */
  constructor(open: OpenChat, settings: ConversationSettings, state: ConversationState = {}) {
    this.#open = open;
    this.#settings = settings;
    this.#chat = open(settings, state);
    this.#last = lastTurnOf(state);
  }

  get settings(): ConversationSettings {
    return this.#settings;
  }

  /** The conversation so far, to save and to continue. */
  get state(): SavedChat {
    const { model, system } = this.#settings;
    return { model, system, ...this.#chat.state() };
  }

  stream(message: ChatPrompt): GeminiStream {
    this.#last = { message, before: this.#chat.state() };
    return this.#chat.stream(message);
  }

  /** Sends the last message again, in the place of its answer. Returns `undefined` if there is no message yet. */
  retry(): GeminiStream | undefined {
    if (this.#last === undefined) return undefined;
    const { message, before } = this.#last;
    this.#chat = this.#open(this.#settings, before);
    return this.stream(message);
  }

  /**
   * Changes settings for the turns from now on.
   * @throws TypeError for an invalid setting; the old ones stay
   */
  change(settings: Partial<ConversationSettings>): void {
    const changed = { ...this.#settings, ...settings };
    this.#chat = this.#open(changed, this.#chat.state());
    this.#settings = changed;
  }

  /** Starts over, with the same settings. */
  clear(): void {
    this.#chat = this.#open(this.#settings, {});
    this.#last = undefined;
  }
}

/** Opens chats whose messages are in this process. */
export function localChats(gemini: Gemini): OpenChat {
  return ({ model, system, config }, { history = [] }) => {
    const chat = gemini.chat({ model: modelsOf(model), systemInstruction: system, config, history, keep: 'partial' });
    return { stream: (message) => chat.stream(message), state: () => ({ history: chat.history }) };
  };
}

/** Opens chats that the Interactions API keeps. They throw a UsageError for a setting that this API does not have. */
export function remoteChats(gemini: Gemini): OpenChat {
  return ({ model, system, config }, { interactionId }) => {
    const chat = gemini.chat({
      api: 'interactions',
      model: modelsOf(model),
      systemInstruction: system,
      generationConfig: interactionConfig(config),
      interactionId,
    });
    return {
      stream: (message) => chat.stream(message as string),
      state: () => ({ interactionId: chat.interactionId }),
    };
  };
}

/** Returns the models of an option: one, or several with commas. No name has a comma. */
export function modelsOf(model: string | undefined): string | string[] | undefined {
  return model?.includes(',') === true ? model.split(',') : model;
}

/** Returns the last message of a conversation that is continued. The Interactions API does not give it back. */
function lastTurnOf({ history = [] }: ConversationState): LastTurn | undefined {
  const last = history.findLastIndex(isMessage);
  const { parts } = history[last] ?? {};
  return parts === undefined
    ? undefined
    : { message: parts as ChatPrompt, before: { history: history.slice(0, last) } };
}

/** The settings of a conversation. */
export interface ConversationSettings {
  /** A model, or several with commas; `undefined` for the client's. */
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

/** The messages so far, or the id of the last interaction. */
export type ConversationState = Pick<SavedChat, 'history' | 'interactionId'>;

/** Opens a chat with these settings, from this state. */
export type OpenChat = (settings: ConversationSettings, state: ConversationState) => ConversationChat;

interface ConversationChat {
  stream(message: ChatPrompt): GeminiStream;
  state(): ConversationState;
}

/** The last message, and the state before it. */
interface LastTurn {
  readonly message: ChatPrompt;
  readonly before: ConversationState;
}
