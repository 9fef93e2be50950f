import type { Chat, ChatPrompt, Content, Gemini, GeminiStream, InteractionChat } from '@gemini/client';
import { interactionConfig } from '../prompt/interaction-prompt.ts';
import { type SavedChat, isMessage } from './last-chat.ts';

/** The settings of a conversation. */
export interface ConversationSettings {
  /** A model, or several with commas; `undefined` for the client's. */
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

/** A conversation: in this process, or at the API. */
export interface Conversation {
  readonly settings: ConversationSettings;
  /** The state, to save and to continue. */
  readonly state: SavedChat;
  stream(message: string): GeminiStream;
  /** Sends the last message again, in the place of its answer. Returns `undefined` if there is none. */
  retry(): GeminiStream | undefined;
  /**
   * Changes settings for the turns from now on.
   * @throws TypeError for an invalid setting; the old ones stay
   */
  change(settings: Partial<ConversationSettings>): void;
  /** Starts over, with the same settings. */
  clear(): void;
}

/** The last message, and the state before it. */
interface LastTurn<State> {
  readonly message: ChatPrompt;
  readonly before: State;
}

/** A conversation whose messages are here. */
export class LocalConversation implements Conversation {
  readonly #gemini: Gemini;
  #settings: ConversationSettings;
  #chat: Chat;
  #last: LastTurn<readonly Content[]> | undefined;

  /** @throws TypeError for an invalid setting or message */
  constructor(gemini: Gemini, settings: ConversationSettings, history: readonly Content[] = []) {
    this.#gemini = gemini;
    this.#settings = settings;
    this.#chat = this.#create(settings, history);
    const last = history.findLastIndex(isMessage);
    const { parts } = history[last] ?? {};
    if (parts !== undefined) this.#last = { message: parts as ChatPrompt, before: history.slice(0, last) };
  }

  get settings(): ConversationSettings {
    return this.#settings;
  }

  get state(): SavedChat {
    const { model, system } = this.#settings;
    return { model, system, history: this.#chat.history };
  }

  stream(message: ChatPrompt): GeminiStream {
    this.#last = { message, before: this.#chat.history };
    return this.#chat.stream(message);
  }

  retry(): GeminiStream | undefined {
    if (this.#last === undefined) return undefined;
    const { message, before } = this.#last;
    this.#chat = this.#create(this.#settings, before);
    return this.stream(message);
  }

  change(settings: Partial<ConversationSettings>): void {
    const changed = { ...this.#settings, ...settings };
    this.#chat = this.#create(changed, this.#chat.history);
    this.#settings = changed;
  }

  clear(): void {
    this.#chat = this.#create(this.#settings, []);
    this.#last = undefined;
  }

  #create({ model, system, config }: ConversationSettings, history: readonly Content[]): Chat {
    return this.#gemini.chat({ model: modelsOf(model), systemInstruction: system, config, history, keep: 'partial' });
  }
}

/** A conversation that the Interactions API keeps. */
export class RemoteConversation implements Conversation {
  readonly #gemini: Gemini;
  #settings: ConversationSettings;
  #chat: InteractionChat;
  #last: LastTurn<string | undefined> | undefined;

  /**
   * @throws TypeError for an invalid setting
   * @throws UsageError for a setting that the Interactions API does not have
   */
  constructor(gemini: Gemini, settings: ConversationSettings, interactionId?: string) {
    this.#gemini = gemini;
    this.#settings = settings;
    this.#chat = this.#create(settings, interactionId);
  }

  get settings(): ConversationSettings {
    return this.#settings;
  }

  get state(): SavedChat {
    const { model, system } = this.#settings;
    return { model, system, interactionId: this.#chat.interactionId };
  }

  stream(message: ChatPrompt): GeminiStream {
    this.#last = { message, before: this.#chat.interactionId };
    return this.#chat.stream(message as string);
  }

  retry(): GeminiStream | undefined {
    if (this.#last === undefined) return undefined;
    const { message, before } = this.#last;
    this.#chat = this.#create(this.#settings, before);
    return this.stream(message);
  }

  change(settings: Partial<ConversationSettings>): void {
    const changed = { ...this.#settings, ...settings };
    this.#chat = this.#create(changed, this.#chat.interactionId);
    this.#settings = changed;
  }

  clear(): void {
    this.#chat = this.#create(this.#settings, undefined);
    this.#last = undefined;
  }

  #create({ model, system, config }: ConversationSettings, interactionId: string | undefined): InteractionChat {
    return this.#gemini.chat({
      api: 'interactions',
      model: modelsOf(model),
      systemInstruction: system,
      generationConfig: interactionConfig(config),
      interactionId,
    });
  }
}

/** Returns the models of an option: one, or several with commas. No name has a comma. */
export function modelsOf(model: string | undefined): string | string[] | undefined {
  return model?.includes(',') === true ? model.split(',') : model;
}
