import { GoogleError } from '../wire/google-error.ts';
import type { Step } from './interaction-request.ts';
import type { StoredInteraction } from './stored-interaction.ts';

const maxInteractions = 1_000;
const maxSize = 64 * 1024 * 1024;

/** The interactions of an emulator, by id. Past its limits the oldest ones that have ended are dropped. */
export class InteractionStore {
  readonly #interactions = new Map<string, StoredInteraction>();
  /** Runs that were deleted or dropped, which continue. */
  readonly #running = new Set<StoredInteraction>();

  add(interaction: StoredInteraction): void {
    this.#interactions.set(interaction.head.id, interaction);
    this.#dropOldest();
  }

  /** Keeps a run until it has ended, so that `stop` reaches it. */
  hold(interaction: StoredInteraction, run: Promise<void>): void {
    this.#running.add(interaction);
    void run.finally(() => this.#running.delete(interaction));
  }

  /** @throws GoogleError `NOT_FOUND` */
  get(id: string): StoredInteraction {
    const found = this.#interactions.get(id);
    if (found !== undefined) return found;
    throw new GoogleError('NOT_FOUND', `Interaction ${id.slice(0, 80)} was not found.`);
  }

  find(id: string | undefined): StoredInteraction | undefined {
    return id === undefined ? undefined : this.#interactions.get(id);
  }

  /** Forgets an interaction. Its run continues. @throws GoogleError `NOT_FOUND` */
  delete(id: string): void {
    this.get(id);
    this.#interactions.delete(id);
  }

  /** Returns the steps of a conversation, the oldest first: inputs and answers up to this interaction. */
  conversation(id: string | undefined): readonly Step[] {
    const turns: (readonly Step[])[] = [];
    for (let at = this.find(id); at !== undefined; at = this.find(at.head.previousId)) {
      turns.push([...at.head.input, ...at.steps]);
    }
    return turns.toReversed().flat();
  }

  /** The interactions, oldest first. */
  list(): readonly StoredInteraction[] {
    return [...this.#interactions.values()];
  }

  /** Ends every run, and forgets all interactions. */
  clear(): void {
    for (const interaction of [...this.#running, ...this.#interactions.values()]) interaction.abandon();
    this.#interactions.clear();
    this.#running.clear();
  }

  #dropOldest(): void {
    let size = 0;
    for (const interaction of this.#interactions.values()) size += interaction.size;
    for (const [id, interaction] of this.#interactions) {
      if (this.#interactions.size <= maxInteractions && size <= maxSize) return;
      if (!interaction.isOver) continue;
      this.#interactions.delete(id);
      size -= interaction.size;
    }
  }
}
