import type { ChannelObserver } from './subscriptions.ts';

/** The characters of messages that are held; past them they are forgotten, because the log has them all. */
const maxHeldLength = 262_144;

/** Holds the messages of a channel back while a stream is read: they may be the very next ones. */
export class HeldMessages implements ChannelObserver {
  #messages: string[] = [];
  #length = 0;
  #isIncomplete = false;

  onMessage(message: string): void {
    this.#length += message.length;
    if (this.#length <= maxHeldLength) this.#messages.push(message);
    else this.onRestored();
  }

  onRestored(): void {
    this.#isIncomplete = true;
    this.#messages = [];
  }

  /** Returns what is held, and holds nothing any more; undefined if the log has to be read instead. */
  take(): string[] | undefined {
    const messages = this.#isIncomplete ? undefined : this.#messages;
    this.#messages = [];
    this.#length = 0;
    this.#isIncomplete = false;
    return messages;
  }
}
