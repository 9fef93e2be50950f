import { isRecord } from '../wire/guard.ts';

type Fields = Record<string, unknown>;

/**
 * Merges grounding, citations and URL context: lists grow by the items that they do not have yet, objects field by
 * field, and of every other value the latest is kept. Some chunks repeat all earlier items, some have only new ones.
 */
export class MetadataMerger {
  // The place of each item of a list by its JSON: comparing all items for every chunk would be quadratic.
  readonly #places = new WeakMap<unknown[], Map<string, number>>();

  /** Adds the fields of a chunk, and returns how much of them is new: 0 for nothing. */
  add(target: Fields, added: Fields): number {
    let size = 0;
    const { groundingChunks: chunks, groundingSupports: supports } = added;
    if (Array.isArray(chunks)) {
      const { size: grown, at } = this.#addItems(listOf(target, 'groundingChunks'), chunks);
      size += grown;
      if (Array.isArray(supports)) {
        size += this.#addItems(listOf(target, 'groundingSupports'), remapped(supports, at)).size;
      }
    } else if (Array.isArray(supports)) size += this.#addItems(listOf(target, 'groundingSupports'), supports).size;

    for (const [name, value] of Object.entries(added)) {
      // Assigned, this name would change the prototype.
      if (name === '__proto__' || value === undefined || value === null) continue;
      if (name === 'groundingChunks' || name === 'groundingSupports') continue;
      const before = target[name];
      if (Array.isArray(value)) size += this.#addItems(listOf(target, name), value).size;
      else if (isRecord(value)) size += this.add(fieldsOf(target, name), value);
      else {
        if (value !== before) size += 1;
        target[name] = value;
      }
    }
    return size;
  }

  #addItems(list: unknown[], items: readonly unknown[]): { readonly size: number; readonly at: number[] } {
    let known = this.#places.get(list);
    if (known === undefined) this.#places.set(list, (known = new Map()));
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
  }
}

function listOf(target: Fields, name: string): unknown[] {
  const before = target[name];
  if (Array.isArray(before)) return before;
  const list: unknown[] = [];
  target[name] = list;
  return list;
}

function fieldsOf(target: Fields, name: string): Fields {
  const before = target[name];
  if (isRecord(before)) return before;
  const fields: Fields = {};
  target[name] = fields;
  return fields;
}

/**
 * Supports refer to sources by index. If all indices fit this chunk's own list they are relative to the chunk and get
 * remapped; otherwise they already count over the whole answer.
 */
function remapped(supports: readonly unknown[], at: readonly number[]): unknown[] {
  const indicesOf = (support: unknown): unknown[] => {
    const indices = isRecord(support) ? support['groundingChunkIndices'] : undefined;
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
