/** Past this many conversations the ones longest unused are forgotten. */
const mostConversations = 10_000;

/** How many requests each conversation has made. */
export interface ScenarioProgress {
  /** The number of requests before this one, and one more from now on. */
  next(conversation: string): number;
  /** Begins again those conversations whose key begins with this; all of them without it. */
  clear(prefix?: string): void;
}

/** No conversation has begun. */
export function createScenarioProgress(): ScenarioProgress {
  const counts = new Map<string, number>();
  return {
    next(conversation) {
      const count = counts.get(conversation) ?? 0;
      // Deleting first moves it to the end: the map's order is the order of use.
      counts.delete(conversation);
      counts.set(conversation, count + 1);
      for (const oldest of counts.keys()) {
        if (counts.size <= mostConversations) break;
        counts.delete(oldest);
      }
      return count;
    },
    clear(prefix) {
      for (const conversation of counts.keys()) {
        if (prefix === undefined || conversation.startsWith(prefix)) counts.delete(conversation);
      }
    },
  };
}
