/** A place in a {@link LinkedQueue}. */
export interface QueueNode<Value> {
  readonly value: Value;
}

interface Link<Value> extends QueueNode<Value> {
  previous: Link<Value> | undefined;
  following: Link<Value> | undefined;
  isIn: boolean;
}

/** First in, first out, where leaving from the middle is as cheap as from the front. */
export interface LinkedQueue<Value> {
  readonly size: number;
  push(value: Value): QueueNode<Value>;
  shift(): Value | undefined;
  /** Takes a node out, in constant time; nothing when it is out already. */
  remove(node: QueueNode<Value>): void;
}

export function createLinkedQueue<Value>(): LinkedQueue<Value> {
  let first: Link<Value> | undefined;
  let last: Link<Value> | undefined;
  let size = 0;

  function unlink(link: Link<Value>): void {
    if (!link.isIn) return;
    link.isIn = false;
    size--;
    if (link.previous === undefined) first = link.following;
    else link.previous.following = link.following;
    if (link.following === undefined) last = link.previous;
    else link.following.previous = link.previous;
  }

  return {
    get size() {
      return size;
    },
    push(value) {
      const link: Link<Value> = { value, previous: last, following: undefined, isIn: true };
      if (last === undefined) first = link;
      else last.following = link;
      last = link;
      size++;
      return link;
    },
    shift() {
      const link = first;
      if (link !== undefined) unlink(link);
      return link?.value;
    },
    remove: (node) => unlink(node as Link<Value>),
  };
}
