type Fields = Record<string, unknown>;

/** Merges one kind of metadata over the chunks of an answer. */
export interface MetadataMerger {
  /** Takes in what a chunk says, and returns how much of it is new: 0 for nothing. */
  add(target: Fields, added: Fields): number;
}

/**
 * Merges grounding, citations and URL context: lists grow by the items they do not hold yet, objects field by field, and
 * of every other value the latest stays. Some chunks repeat all that was said before, some tell only what is new.
 */
export function createMetadataMerger(): MetadataMerger {
  // Each item of a list as JSON, with its place: comparing anew for every chunk would be quadratic.
  const places = new WeakMap<unknown[], Map<string, number>>();

  const addItems = (list: unknown[], items: readonly unknown[]): { readonly size: number; readonly at: number[] } => {
    let known = places.get(list);
    if (known === undefined) places.set(list, (known = new Map()));
    let size = 0;
    const at: number[] = [];
    for (const item of items) {
      const key = JSON.stringify(item);
      let place = known.get(key);
      if (place === undefined) {
        place = list.length;
        known.set(key, place);
        list.push(item);
        size += 1;
      }
      at.push(place);
    }
    return { size, at };
  };
  const listOf = (target: Fields, name: string): unknown[] => {
    const before = target[name];
    if (Array.isArray(before)) return before;
    const list: unknown[] = [];
    target[name] = list;
    return list;
  };
  const fieldsOf = (target: Fields, name: string): Fields => {
    const before = target[name];
    if (isFields(before)) return before;
    const fields: Fields = {};
    target[name] = fields;
    return fields;
  };
  const merge = (target: Fields, added: Fields): number => {
    let size = 0;
    const { groundingChunks: chunks, groundingSupports: supports } = added;
    if (Array.isArray(chunks)) {
      const { size: grown, at } = addItems(listOf(target, 'groundingChunks'), chunks);
      size += grown;
      if (Array.isArray(supports)) size += addItems(listOf(target, 'groundingSupports'), pointed(supports, at)).size;
    } else if (Array.isArray(supports)) size += addItems(listOf(target, 'groundingSupports'), supports).size;

    for (const [name, value] of Object.entries(added)) {
      // A name that reaches the prototype of every object is no name of a field.
      if (name === '__proto__' || value === undefined || value === null) continue;
      if (name === 'groundingChunks' || name === 'groundingSupports') continue;
      const before = target[name];
      if (Array.isArray(value)) size += addItems(listOf(target, name), value).size;
      else if (isFields(value)) size += merge(fieldsOf(target, name), value);
      else {
        if (value !== before) size += 1;
        target[name] = value;
      }
    }
    return size;
  };
  return { add: merge };
}

/**
 * Supports name their sources by place. Where a chunk's places all lie in its own list they are moved to where the
 * sources are now; where one lies past it, the server counts over the whole answer and they are right already.
 */
function pointed(supports: readonly unknown[], at: readonly number[]): unknown[] {
  const indicesOf = (support: unknown): unknown[] => {
    const indices = isFields(support) ? support['groundingChunkIndices'] : undefined;
    return Array.isArray(indices) ? indices : [];
  };
  const isLocal = supports.every((support) => indicesOf(support).every((index) => at[Number(index)] !== undefined));
  if (!isLocal) return [...supports];
  return supports.map((support) => {
    const indices = indicesOf(support);
    if (indices.length === 0) return support;
    return { ...(support as Fields), groundingChunkIndices: indices.map((index) => at[Number(index)]) };
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
